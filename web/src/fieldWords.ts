// What officers call the fields, settings and words of rules (docs/rules.md lists the fields), in Chinese and English, with the unit. A
// test of the rules (src/rules/officer_words.rs) reads this file: one entry a line, and every shipped rule has all its words here.

import type { Language } from './words';

type Words = readonly [zh: string, en: string, unit?: string];

/** Fields, and the two times that every alert tells. */
const FIELDS: Record<string, Words> = {
  sog_kn: ['航速估计', 'speed, best estimate', 'kn'],
  sog_lcb90_kn: ['航速至少', 'speed at least', 'kn'],
  sog_sigma_kn: ['航速误差', 'doubt of the speed', 'kn'],
  cog_deg: ['航向', 'course', '°'],
  p_exist: ['存在概率', 'P(exists)'],
  p_fast: ['高速概率', 'P(fast)'],
  p_clutter: ['杂波概率', 'P(clutter)'],
  p_swap: ['换批概率', 'P(changed over)'],
  pd: ['单次检测概率', 'P(seen in one look)'],
  hit_ratio: ['一分钟命中率', 'share of looks in a minute'],
  hits_10: ['近十次命中率', 'share of hits in ten looks'],
  age_s: ['已跟踪', 'held for', 's'],
  echo_m2: ['回波截面', 'echo', 'm²'],
  echo_max_m2: ['回波截面上限', 'echo at most', 'm²'],
  sea_clutter_km2: ['海杂波', 'sea clutter, plots a look', '/km²'],
  accel_kn_s: ['加速度', 'change of speed', 'kn/s'],
  turn_dps: ['转向率', 'rate of turn', '°/s'],
  p_turning: ['正在转向概率', 'P(turning)'],
  born_speed_kn: ['起始航速', 'speed when confirmed', 'kn'],
  link_gap_s: ['续接前未见', 'unseen before it was taken up again', 's'],
  n_sensors: ['所见传感器数', 'sensors that see it'],
  n_radars: ['所见雷达数', 'radars that see it'],
  n_cameras: ['所见光电数', 'cameras that see it'],
  n_sites: ['雷达站数', 'radar sites'],
  radar_age_s: ['雷达上次所见', 'last seen by radar', 's'],
  sources: ['来源', 'seen by'],
  lat: ['纬度', 'latitude', '°'],
  lon: ['经度', 'longitude', '°'],
  pos_sigma_m: ['位置误差', 'doubt of the position', 'm'],
  status: ['航迹状态', 'state of the track'],
  class: ['类别', 'taken for'],
  ais: ['AIS 判定', 'AIS verdict'],
  ais_expected: ['该处AIS应收概率', 'AIS reception here'],
  ais_silent_s: ['AIS静默', 'AIS silent for', 's'],
  ais_interval_s: ['AIS应报间隔', 'AIS due every', 's'],
  ais_offset_m: ['AIS与雷达位差', 'AIS beside radar', 'm'],
  ais_offset_sigma_m: ['位差标准差', 'doubt of that offset', 'm'],
  spoof_llr: ['AIS虚假证据', 'evidence of a false position', 'nat'],
  name_p: ['最可能身份的概率', 'P(likeliest name)'],
  has_mmsi: ['有MMSI', 'has an MMSI'],
  mmsi_changes: ['15分钟内更换MMSI', 'changes of MMSI in 15 min'],
  station: ['AIS站型', 'kind of AIS station'],
  craft: ['AIS船型', 'type by AIS'],
  class_p99_kn: ['同类船99%航速', 'speed 99 % of its kind keep', 'kn'],
  length_m: ['船长', 'length', 'm'],
  heading_off_deg: ['船首向与航向差', 'heading off course', '°'],
  nav_status: ['AIS航行状态码', 'navigational status'],
  mmsi_taken: ['别处MMSI在此处报位次数', 'reports here of an MMSI told elsewhere before'],
  mmsi_jumps: ['十分钟内MMSI跳变', 'impossible jumps in 10 min'],
  mmsi_misfit: ['MMSI格式不符', 'MMSI of wrong form'],
  mid_known: ['国家码有效', 'country digits known'],
  cn_ends_in_0: ['国内海船号以0结尾', 'Chinese number ends in 0'],
  visits_30d: ['三十天内到访', 'visits in 30 days'],
  ais_rx_age_s: ['接收机上次收到AIS', 'receiver last heard anyone', 's'],
  rx_event: ['同区多船AIS同时异常', 'several lost AIS at once'],
  rx_turned: ['两分钟内异常船数', 'craft that turned so in 2 min'],
  rx_of: ['同区有AIS船数', 'craft with AIS in the cell'],
  carriage_p: ['此类船装AIS概率', 'P(its kind carries AIS)'],
  eo_class: ['光电认定', 'camera takes it for'],
  eo_p: ['光电把握', 'sureness of the camera'],
  eo_age_s: ['光电上次所见', 'last seen by camera', 's'],
  zones: ['所在区域', 'zones it is in'],
  no_go_p: ['在禁入区概率', 'P(inside the no-go zone)'],
  zone_severity: ['区域级别', 'severity of the zone'],
  no_go: ['禁入区', 'no-go zone'],
  zone: ['区域', 'zone'],
  landing: ['指向的登陆点', 'landing it heads for'],
  landing_off_deg: ['航向偏离登陆点', 'course misses the landing by', '°'],
  landing_min: ['到登陆点', 'at the landing in', 'min'],
  landing_nm: ['距登陆点', 'to the landing', 'NM'],
  line_s: ['越线已过', 'crossed the line ago', 's'],
  line_inward: ['向内越线', 'crossed inward'],
  line: ['监视线', 'watch line'],
  line_nm: ['距监视线', 'to a watch line', 'NM'],
  shore_nm: ['距岸', 'off shore', 'NM'],
  shore_rate_kn: ['近岸速度', 'closes the shore at', 'kn'],
  eta_shore_min: ['抵岸', 'ashore in', 'min'],
  offshore_nm: ['半小时内最远离岸', 'farthest off in half an hour', 'NM'],
  sun_altitude_deg: ['太阳高度', 'altitude of the sun', '°'],
  is_night: ['夜间', 'night'],
  hour: ['当地时', 'local hour', 'h'],
  loiter_s: ['徘徊已', 'has lingered for', 's'],
  loiter_nm: ['活动范围', 'within', 'NM'],
  rested_s: ['曾停留', 'once rested for', 's'],
  came_nm: ['距初见处最远', 'has been from where first seen', 'NM'],
  fast_s: ['高速已', 'has been fast for', 's'],
  fast_dark_ago_s: ['上次高速无AIS', 'was fast without AIS ago', 's'],
  nn_id: ['最近目标批号', 'nearest craft: track'],
  nn_m: ['最近目标距离', 'nearest craft: distance', 'm'],
  nn_s: ['与最近目标相伴', 'nearest craft: for', 's'],
  nn_rel_kn: ['与最近目标相对速度', 'nearest craft: relative speed', 'kn'],
  nn_sog_kn: ['最近目标航速', 'nearest craft: speed', 'kn'],
  nn_len_m: ['最近目标船长', 'nearest craft: length', 'm'],
  nn_ais: ['最近目标AIS', 'nearest craft: AIS'],
  nn_course_off_deg: ['与最近目标航向差', 'nearest craft: courses differ by', '°'],
  meet_id: ['靠帮目标批号', 'met craft: track'],
  meet_m: ['靠帮距离', 'met craft: distance', 'm'],
  meet_s: ['靠帮已', 'met craft: for', 's'],
  meet_rel_kn: ['靠帮相对速度', 'met craft: relative speed', 'kn'],
  meet_sog_kn: ['靠帮目标航速', 'met craft: speed', 'kn'],
  meet_len_m: ['靠帮目标船长', 'met craft: length', 'm'],
  meet_ais: ['靠帮目标AIS', 'met craft: AIS'],
  shadow_id: ['被尾随船批号', 'shadowed ship: track'],
  shadow_m: ['尾随距离', 'shadowed ship: distance', 'm'],
  shadow_s: ['尾随已', 'shadowed ship: for', 's'],
  shadow_rel_kn: ['尾随相对速度', 'shadowed ship: relative speed', 'kn'],
  shadow_sog_kn: ['被尾随船航速', 'shadowed ship: speed', 'kn'],
  shadow_len_m: ['被尾随船船长', 'shadowed ship: length', 'm'],
  shadow_ais: ['被尾随船AIS', 'shadowed ship: AIS'],
  cluster_n: ['一海里内他船数', 'others within 1 NM'],
  cluster_left_s: ['离开船群已', 'left the fleet ago', 's'],
  cluster_stay_s: ['在船群中停留', 'stayed in the fleet for', 's'],
  n_fast_dark: ['同行高速无AIS艘数', 'others fast without AIS beside it'],
  formation_id: ['编队目标批号', 'formation: track'],
  parent_id: ['母船批号', 'came from ship: track'],
  parent_m: ['距母船', 'came from ship: distance', 'm'],
  parent_len_m: ['母船船长', 'came from ship: length', 'm'],
  parent_left_s: ['离开该船', 'since it left that ship', 's'],
  beside_m: ['起始时距他批最近', 'nearest track in its first half minute', 'm'],
  double_m: ['距同速有AIS船', 'to a craft with AIS that goes alike', 'm'],
  blue: ['己方', 'one of our own'],
  registered: ['本地登记船', 'registered local boat'],
  watch: ['布控名单', 'watch list'],
  watch_entry: ['名单条目', 'entry of the list'],
  watch_likeness: ['与名单相似度', 'likeness to the list'],
  watch_severity: ['布控级别', 'severity on the list'],
  hold_s: ['须持续', 'must hold for', 's'],
  held_s: ['已持续', 'has held for', 's'],
};

/** Settings of rules: what their texts call `p.NAME`. */
const SETTINGS: Record<string, Words> = {
  v_kn: ['航速门限', 'speed from', 'kn'],
  rough_kn: ['大浪中航速门限', 'speed from, in a rough sea', 'kn'],
  company_kn: ['与高速无AIS目标结伴时航速门限', 'speed from, in company of a fast dark one', 'kn'],
  company_rough_kn: ['大浪中结伴时航速门限', 'the same in a rough sea', 'kn'],
  day_kn: ['白天航速门限', 'speed from, by day', 'kn'],
  least_kn: ['航速估计下限', 'estimate from', 'kn'],
  alone_kn: ['平静海面单独航行时航速估计下限', 'estimate from, alone in a calm', 'kn'],
  alone_s: ['单独航行者须自已跟踪起', 'alone, once held for', 's'],
  clear_kn: ['解除航速', 'over below', 'kn'],
  most_kn: ['航速上限', 'speed up to', 'kn'],
  rate_kn: ['近岸速度门限', 'closing from', 'kn'],
  low_kn: ['航速下限', 'speed from', 'kn'],
  high_kn: ['航速上限', 'speed up to', 'kn'],
  clutter: ['杂波概率上限', 'P(clutter) up to'],
  swap: ['换批概率上限', 'P(changed over) up to'],
  company_swap: ['结伴时换批概率上限', 'the same, in company'],
  came_nm: ['距初见处至少', 'come from at least', 'NM'],
  settled_s: ['须已跟踪', 'held at least', 's'],
  new_s: ['离船已久者须已跟踪', 'held at least, of who left long ago', 's'],
  gone_s: ['离船已久', 'left long ago', 's'],
  known_s: ['已停留（识别存疑时）', 'lain for, under a doubted number', 's'],
  beside_m: ['或距他批至少', 'or from other tracks at least', 'm'],
  sigma_kn: ['航速误差上限', 'doubt of the speed up to', 'kn'],
  doubt_kn: ['或航速误差上限', 'or doubt of the speed up to', 'kn'],
  sigma_m: ['位置误差上限', 'doubt of the position up to', 'm'],
  sigmas: ['位差倍数', 'offset in doubts'],
  hits: ['或命中率至少', 'or share of hits at least'],
  seen: ['命中率至少', 'share of hits at least'],
  boat_m2: ['距他批近时视为他批回波的截面', 'beside others, their echo from', 'm²'],
  near_kn: ['最近目标慢于', 'and the nearest craft slower than', 'kn'],
  hull_m2: ['大于此截面者非快艇', 'no go-fast shows more than', 'm²'],
  small_m2: ['小艇截面上限', 'a small craft shows up to', 'm²'],
  double_m: ['视为重批的距离', 'a second track within', 'm'],
  young_m: ['初见时位置误差上限', 'when first seen, doubt of the position up to', 'm'],
  rough_m: ['涌浪海面单独目标位置误差上限', 'alone in a rough sea, doubt of the place up to', 'm'],
  young_s: ['初见不足', 'first seen within', 's'],
  vague_m: ['风暴中命中少时位置误差上限', 'in a storm and seldom hit, doubt of the position up to', 'm'],
  vague_s: ['风暴中命中少且跟踪不足', 'in a storm and seldom hit, held less than', 's'],
  few_hits: ['或命中率低于', 'or share of hits below'],
  held_m: ['距有AIS船不足', 'beside a craft with AIS within', 'm'],
  bird_m2: ['视为鸟群的截面', 'taken for birds below', 'm²'],
  bird_most_m2: ['且截面上限低于', 'and surely below', 'm²'],
  bird_rough_m2: ['大浪中视为鸟群的截面', 'the same in a rough sea', 'm²'],
  bird_hits: ['命中率达此者', 'seen in so many of ten looks'],
  bird_often_m2: ['则低于此才视为鸟群', 'taken for birds only below', 'm²'],
  pair_s: ['结伴同行者不视为鸟群：至少', 'not birds if in company for', 's'],
  pair_m: ['结伴相距至少', 'in company at least', 'm'],
  pair_most_m: ['结伴相距至多', 'in company at most', 'm'],
  pair_m2: ['结伴者截面至少', 'and each shows at least', 'm²'],
  rough: ['大浪的海杂波', 'a rough sea from', '/km²'],
  storm: ['风暴的海杂波', 'a storm from', '/km²'],
  storm_s: ['风暴中须已跟踪', 'in a storm held at least', 's'],
  rough_s: ['大浪中须已跟踪', 'in a rough sea held at least', 's'],
  rested_s: ['停留后起航：曾停留至少', 'who has rested at least', 's'],
  rested_kn: ['停留后航速门限', 'then speed from', 'kn'],
  sure_kn: ['停留后估计航速门限', 'or then estimate from', 'kn'],
  night_kn: ['夜间航速门限', 'speed from, at night', 'kn'],
  away_s: ['离开大船至少', 'has left a ship for at least', 's'],
  away_m: ['且距他批至少', 'and is off all others by', 'm'],
  away_deg: ['背离航向', 'turned away by', '°'],
  slow_kn: ['低速解除', 'over when slower than', 'kn'],
  run_s: ['或已高速', 'or has run for', 's'],
  silent_a_s: ['A类静默门限', 'class A silent for', 's'],
  silent_b_s: ['B类静默门限', 'class B silent for', 's'],
  intervals: ['漏报次数', 'reports missed'],
  expected: ['AIS应收概率下限', 'AIS reception from'],
  offset_m: ['位差门限', 'offset from', 'm'],
  pace_kn: ['同步移动的航速', 'at the pace of, from', 'kn'],
  llr: ['虚假证据门限', 'evidence from', 'nat'],
  sure: ['无需等待的虚假证据', 'evidence enough not to wait, from', 'nat'],
  jumps: ['跳变次数门限', 'jumps from'],
  taken: ['此处报位次数门限', 'reports here from'],
  under_way_kn: ['视为在航的航速', 'under way from', 'kn'],
  silent_s: ['存疑船名静默至少', 'a doubted name silent for', 's'],
  crowd_n: ['视为密集船群的船数', 'a crowd from'],
  half: ['船群中命中率至少', 'in a crowd, share of hits at least'],
  fleet_n: ['视为船群的船数', 'a fleet from'],
  run_kn: ['自大船离开者确知航速达', 'left a large ship and surely makes', 'kn'],
  vague_kn: ['则航速误差上限', 'then doubt of the speed up to', 'kn'],
  great_n: ['夜间视为大船群的船数', 'by night a great fleet from'],
  begun_s: ['大船群中初见不足', 'in a great fleet first seen within', 's'],
  fleet_len_m: ['船群中对方船长至少', 'in a fleet, the other at least', 'm'],
  s: ['时长门限', 'duration', 's'],
  night_s: ['夜间时长门限', 'duration at night', 's'],
  line_nm: ['距监视线上限', 'within of a watch line', 'NM'],
  eta_min: ['抵岸时间上限', 'ashore within', 'min'],
  offshore_nm: ['离岸至少', 'has been off at least', 'NM'],
  off_deg: ['航向偏差上限', 'course off by up to', '°'],
  left_s: ['离开母船不超过', 'left the ship within', 's'],
  off_m: ['离母船至少', 'away from the ship', 'm'],
  len_m: ['母船船长下限', 'ship of at least', 'm'],
  born_m: ['距母船上限', 'was within', 'm'],
  p: ['概率下限', 'probability from'],
  times: ['同类航速倍数', 'times the speed of its kind'],
  stay_s: ['船群停留下限', 'stayed at least', 's'],
  began_s: ['或初见即在船群，相差至多', 'or first seen among them, to', 's'],
  ran_nm: ['高速驶来者已航行至少', 'who ran in has come at least', 'NM'],
  set_out_kn: ['高速驶来者起航航速门限', 'and sets out from', 'kn'],
};

/** Words that fields hold; those of AIS, class, status and sources are the console's own (words.ts). */
const HELD: Record<string, Words> = {
  'station:ship': ['船台', 'ship'],
  'station:net-buoy': ['网位仪', 'net buoy'],
  'station:aton': ['航标', 'aid to navigation'],
  'station:sart': ['搜救应答器', 'SART'],
  'station:mob': ['落水报警', 'man overboard'],
  'station:epirb': ['应急示位标', 'EPIRB'],
  'station:base': ['岸台', 'base station'],
  'station:sar-aircraft': ['搜救飞机', 'SAR aircraft'],
  'craft:other': ['其他', 'other'],
  'craft:fishing': ['渔船', 'fishing'],
  'craft:cargo': ['货船', 'cargo'],
  'craft:tanker': ['油轮', 'tanker'],
  'craft:passenger': ['客船', 'passenger'],
  'craft:high-speed': ['高速船', 'high-speed craft'],
  'craft:tug': ['拖轮', 'tug'],
  'craft:pilot': ['引航船', 'pilot'],
  'craft:rescue': ['救助船', 'rescue'],
  'craft:law': ['执法船', 'law enforcement'],
  'craft:pleasure': ['游艇', 'pleasure craft'],
  'eo_class:unknown': ['未知', 'unknown'],
  'eo_class:go-fast': ['大飞', 'go-fast'],
  'eo_class:small-craft': ['小艇', 'small craft'],
  'eo_class:fishing': ['渔船', 'fishing boat'],
  'eo_class:ship': ['大船', 'ship'],
  'eo_class:buoy': ['浮标', 'buoy'],
  'zones:landing': ['登陆点', 'landing'],
  'zones:port': ['港口', 'port'],
  'zones:berth': ['泊位', 'berth'],
  'zones:anchorage': ['锚地', 'anchorage'],
  'zones:fishing': ['渔区', 'fishing ground'],
  'zones:angling': ['垂钓区', 'angling ground'],
  'zones:pilot': ['引航区', 'pilot station'],
  'zones:corridor': ['通道', 'corridor'],
  'zones:jetski': ['摩托艇区', 'jet-ski area'],
  'zones:exempt': ['豁免区', 'exempt'],
  'zones:no-go': ['禁入区', 'no-go'],
  'zones:cable': ['海缆区', 'cable'],
  'zones:bunkering': ['加油区', 'bunkering'],
  'zones:wind-farm': ['风电场', 'wind farm'],
  'zones:watch': ['监视区', 'watched'],
  'zones:line': ['监视线', 'watch line'],
  'watch:no': ['不在名单', 'not on it'],
  'watch:like': ['疑似', 'alike'],
  'watch:sure': ['确认', 'surely'],
};

const pick = (words: Words, language: Language) => words[language === 'zh' ? 0 : 1];

/** The field that a limit `FIELD_min` or `FIELD_max` of the evidence is of, and how the field lies to it. */
export function limitOf(name: string): { field: string; sign: '≥' | '≤' } | undefined {
  const field = /^(.*)_(min|max)$/.exec(name);
  // `eta_shore_min` is minutes, not a limit.
  if (!field?.[1] || name in FIELDS || !(field[1] in FIELDS)) return undefined;
  return { field: field[1], sign: field[2] === 'min' ? '≥' : '≤' };
}

/** What a field, a setting or a limit is called; by its own name where nobody has told us. */
export function field(name: string, language: Language): string {
  const limit = limitOf(name);
  if (limit) return `${language === 'zh' ? '门限：' : 'limit: '}${field(limit.field, language)}`;
  const words = name.startsWith('p.') ? SETTINGS[name.slice(2)] : FIELDS[name];
  return words ? pick(words, language) : name;
}

// As many digits as an officer would say.
const DIGITS: Record<string, number> = { kn: 1, s: 0, m: 0, min: 0, '°': 0, NM: 1, 'm²': 2, nat: 1, '/km²': 3 };

/** A value of the evidence as an officer reads it, with its unit; `other` gives the console's own words. */
export function shown(name: string, value: number | string | boolean, language: Language, other: (key: string) => string): string {
  const zh = language === 'zh';
  if (typeof value === 'boolean') return zh ? (value ? '是' : '否') : value ? 'yes' : 'no';
  const of = limitOf(name)?.field ?? name;
  if (typeof value === 'string') {
    if (value === '') return zh ? '无' : 'none';
    const own = of === 'ais' || of.endsWith('_ais') ? 'ais:' : '';
    return value
      .split(',')
      .map((word) => {
        const held = HELD[`${of}:${word}`];
        return held ? pick(held, language) : other(own + word);
      })
      .join(zh ? '、' : ', ');
  }
  const unit = (of.startsWith('p.') ? SETTINGS[of.slice(2)] : FIELDS[of])?.[2];
  if (of.endsWith('_id') || of === 'lat' || of === 'lon') return String(value);
  const digits = unit === undefined ? (Number.isInteger(value) ? 0 : 2) : (DIGITS[unit] ?? 1);
  // A limit of 0.5 kn or 17.5 s is not told as another one.
  const text = value.toFixed(Math.abs(value) < 1 && value !== 0 ? Math.max(digits, 2) : digits);
  return unit === undefined ? text : `${text}${unit === '°' ? '' : ' '}${unit}`;
}

/** A clause of a rule with its fields, settings and words called by their names: what kept an alert back. */
export function clause(text: string, language: Language, other: (key: string) => string): string {
  return text
    .replace(/'([\w-]+)' in zones/g, (_, kind: string) => `${field('zones', language)}: ${shown('zones', kind, language, other)}`)
    .replace(/(\w+) (==|!=) '([\w-]+)'/g, (_, name: string, sign: string, word: string) => `${name} ${sign} ${shown(name, word, language, other)}`)
    .replace(/\bp\.\w+|\b[a-z]\w*\b/g, (name) => (name.startsWith('p.') || name in FIELDS ? field(name, language) : name))
    .replaceAll('&&', language === 'zh' ? '且' : 'and')
    .replaceAll('||', language === 'zh' ? '或' : 'or')
    .replaceAll('!=', '≠')
    .replaceAll('==', '=')
    .replaceAll('<=', '≤')
    .replaceAll('>=', '≥');
}
