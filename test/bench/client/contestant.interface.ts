/** A client under measurement. */
export interface Contestant {
  /** Reads one stream to its end, and tells of its chunks of text as they come. */
  read(onChunks: (count: number) => void): Promise<void>;
  close?(): Promise<void>;
}
