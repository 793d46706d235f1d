import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';

// The font of Chinese first, where the machine has none: a browser does not draw everything anew that it has drawn without one.
await Promise.race([document.fonts.load("14px 'Haishao SC'", '海').catch(() => []), new Promise((late) => setTimeout(late, 2000))]);

const target = document.getElementById('app');
if (target) mount(App, { target });
