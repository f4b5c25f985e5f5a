import { type FileUIPart } from 'ai';
import { type ModelSummary } from '../server/server.interface.js';

/** Says which files a model cannot read and what to do; undefined where it reads them all. */
export function unreadableBy(model: ModelSummary | undefined, files: FileUIPart[]): string | undefined {
  if (model === undefined) return undefined;
  const file = files.find(({ mediaType }) => !model.inputs.includes(mediaType === 'application/pdf' ? 'pdf' : 'image'));
  if (file === undefined) return undefined;
  return `${model.id} cannot read ${file.filename ?? file.mediaType}. Choose another model, or remove the file.`;
}
