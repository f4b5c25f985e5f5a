/** How many calls an owner may make within any minute; 0 for as many as it likes. */
export interface RateLimits {
  calls: number;
  /** Those of the calls that ask the model. */
  asks: number;
}
