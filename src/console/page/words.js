// Every word of the page, in both languages. "Suspected" and "not received": the page never says more than is known.
export const WORDS = {
  zh: {
    other: 'English', picture: '态势图', alerts: '告警', noAlerts: '无告警', selected: '所选航迹', sensors: '传感器',
    sensor: '传感器', state: '状态', rate: '帧/秒', age: '数据龄', reports: '报告', refused: '拒收', tracks: '航迹', track: '批号',
    speed: '航速 kn', course: '航向', ais: 'AIS', sources: '来源', live: '实时', stale: '数据中断', waiting: '等待数据',
    showTentative: '显示暂态', zoomIn: '放大', zoomOut: '缩小', home: '全图',
    legendRadar: '雷达', legendAis: 'AIS', legendFused: '雷达+AIS', legendFast: '高速', legendAlarm: '告警中',
    raised: '告警', cleared: '已解除', record: '记录', local: '本地', lowerBound: '下限', since: '跟踪时长', position: '位置',
    status: '状态', mmsi: 'MMSI', exist: '存在概率', fast: '高速概率', hits: '雷达命中率', error: '位置误差 1σ', none: '—',
    coastCredit: '海岸线 GSHHG (LGPL), 仅作背景, 不可用于航行', severity: '级', far: '条航迹在 90 海里以外，未画出',
    words: {
      tentative: '暂态', confirmed: '稳定', coasting: '外推', deleted: '已撤',
      ok: '正常', lost: 'AIS 中断', inconsistent: 'AIS 不符', ambiguous: '身份不明', none: '未收到AIS',
      waiting: '等待', silent: '静默', disconnected: '断开', ended: '结束', failed: '故障', off: '未启用',
    },
  },
  en: {
    other: '中文', picture: 'Picture', alerts: 'Alerts', noAlerts: 'No alerts', selected: 'Selected track', sensors: 'Sensors',
    sensor: 'Sensor', state: 'State', rate: '/s', age: 'Age', reports: 'Reports', refused: 'Refused', tracks: 'Tracks', track: 'Track',
    speed: 'kn', course: 'Course', ais: 'AIS', sources: 'Seen by', live: 'LIVE', stale: 'STALE', waiting: 'waiting for data',
    showTentative: 'tentative tracks', zoomIn: 'Zoom in', zoomOut: 'Zoom out', home: 'Whole picture',
    legendRadar: 'radar', legendAis: 'AIS', legendFused: 'radar + AIS', legendFast: 'fast', legendAlarm: 'alert raised',
    raised: 'ALERT', cleared: 'cleared', record: 'Record', local: 'local', lowerBound: 'at least', since: 'Held for', position: 'Position',
    status: 'Status', mmsi: 'MMSI', exist: 'P(exists)', fast: 'P(fast)', hits: 'Radar hits', error: 'Position 1σ', none: '—',
    coastCredit: 'Coast: GSHHG (LGPL), a backdrop, not for navigation', severity: 'severity', far: 'tracks more than 90 NM away are not drawn',
    words: {
      tentative: 'tentative', confirmed: 'confirmed', coasting: 'coasting', deleted: 'deleted',
      ok: 'ok', lost: 'AIS lost', inconsistent: 'AIS inconsistent', ambiguous: 'identity ambiguous', none: 'AIS not received',
      waiting: 'waiting', silent: 'silent', disconnected: 'disconnected', ended: 'ended', failed: 'failed', off: 'off',
    },
  },
};
