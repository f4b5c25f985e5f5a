import { type FilePart, type TextPart, type ToolResultPart } from '../messages/part.interface.js';

/** What a tool answered, as it is rendered: there are notes among the files for those that are left out. */
export type ReplayedResult = Omit<ToolResultPart, 'files'> & { files?: readonly (TextPart | FilePart)[] };
