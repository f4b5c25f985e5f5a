const HEROES = [
  'The lighthouse keeper',
  'A small brown fox',
  'The night train',
  'An old clockmaker',
  'The quiet river',
];
const DEEDS = ['followed', 'remembered', 'repaired', 'counted', 'painted', 'carried', 'listened to'];
const THINGS = [
  'the last lantern',
  'a letter without a name',
  'the broken bridge',
  'seven silver bells',
  'the song of the harbour',
  'a map of the clouds',
];
const ENDINGS = ['before the rain came', 'until the morning', 'while the town slept', 'and kept it secret'];

const SENTENCES = 60;

/** A text of 60 sentences, always the same. */
export const LONG_ANSWER = Array.from({ length: SENTENCES }, (_, index) => {
  const pick = (list: readonly string[]) => list[index % list.length] ?? '';
  return `${pick(HEROES)} ${pick(DEEDS)} ${pick(THINGS)} ${pick(ENDINGS)}.`;
}).join(' ');
