/** The injection token of `ResolvedOptions`. */
export const GITLAB_DUO_OPTIONS = Symbol('GITLAB_DUO_OPTIONS');
