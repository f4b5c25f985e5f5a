import { GitlabDuoError } from './gitlab-duo.error.js';

/** A misuse that can be seen at startup: an option, an entity or a decorator that cannot work. */
export class ConfigurationError extends GitlabDuoError {
  readonly code = 'invalid_configuration';
}

/** An argument of a call that cannot be accepted. */
export class ValidationError extends GitlabDuoError {
  readonly code = 'validation_failed';
}

/** A model id that the catalogue does not hold. */
export class UnknownModelError extends GitlabDuoError {
  readonly code = 'unknown_model';
}

/** The host is stopping, or has no room for another run. */
export class ServerBusyError extends GitlabDuoError {
  readonly code = 'server_busy';
}
