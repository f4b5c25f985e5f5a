import { createHash, createHmac } from 'node:crypto';
import { type Caller, type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { type ModelParams, type ModelRequest } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';
import { isObject } from '../messages/is-object.js';

/**
 * The request with what its vendor may know of the caller, where the options ask for it; what the request says itself
 * stands. Neither the id of the chat nor that of the owner can be read from it.
 */
export function withCallerParams(
  request: ModelRequest,
  { vendor }: Model,
  caller: Caller | undefined,
  { promptCacheKey, endUserId }: Pick<ResolvedOptions, 'promptCacheKey' | 'endUserId'>,
): ModelRequest {
  const { params } = request;
  const ownerId = caller?.ownerId ?? undefined;
  const chatId = caller?.chatId;
  const user = endUserId && ownerId !== undefined ? keyedHash(ownerId, endUserId.secret) : undefined;
  if (vendor === 'anthropic') return user === undefined ? request : { ...request, params: withUser(params, user) };
  const told = {
    ...(promptCacheKey && chatId !== undefined && { prompt_cache_key: hash(chatId) }),
    ...(user !== undefined && { safety_identifier: user }),
  };
  return Object.keys(told).length === 0 ? request : { ...request, params: { ...told, ...params } };
}

/** Claude takes the user in `metadata`, which the host may set, too. */
function withUser(params: ModelParams = {}, user: string): ModelParams {
  const { metadata } = params;
  if (metadata !== undefined && !isObject(metadata)) return params;
  return { ...params, metadata: { user_id: user, ...metadata } };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function keyedHash(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
