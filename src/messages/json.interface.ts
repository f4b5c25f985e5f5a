/** A value that JSON can carry unchanged. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** An object that JSON can carry unchanged. */
export type JsonObject = Record<string, JsonValue>;
