import { describe, expect, it } from '@jest/globals';
import { type Complaint } from '../../../src/errors/complaint.interface.js';
import { complaintOf } from '../../../src/gateway/complaint.js';
import { type VendorError } from '../../../src/gateway/vendor-error.interface.js';

/** As users of the vendors' APIs have reported them, word by word. */
const complaints: [VendorError, Complaint][] = [
  [
    {
      message:
        'messages.3.content.71.image.source.base64.data: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels',
    },
    {
      about: 'image',
      path: 'messages.3.content.71.image.source.base64.data',
      reason: 'At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels',
    },
  ],
  [
    {
      message:
        'messages.34.content.0.tool_result.content.1.image.source.base64: The image was specified using the image/png media type, but the image appears to be a image/jpeg image',
    },
    {
      about: 'image',
      path: 'messages.34.content.0.tool_result.content.1.image.source.base64',
      reason: 'The image was specified using the image/png media type, but the image appears to be a image/jpeg image',
    },
  ],
  [
    {
      message: 'messages.2.content.0.image.source.base64.data: Image does not match the provided media type image/png',
    },
    {
      about: 'image',
      path: 'messages.2.content.0.image.source.base64.data',
      reason: 'Image does not match the provided media type image/png',
    },
  ],
  [
    {
      message: 'messages.2.content.0.image.source.base64: image exceeds 5 MB maximum: 8259148 bytes > 5242880 bytes',
    },
    {
      about: 'image',
      path: 'messages.2.content.0.image.source.base64',
      reason: 'image exceeds 5 MB maximum: 8259148 bytes > 5242880 bytes',
    },
  ],
  [{ message: 'Could not process image' }, { about: 'image', reason: 'Could not process image' }],
  [
    { message: 'messages.2.content.0.pdf.source.base64.data: The PDF specified was not valid.' },
    {
      about: 'document',
      path: 'messages.2.content.0.pdf.source.base64.data',
      reason: 'The PDF specified was not valid.',
    },
  ],
  [
    { message: 'A maximum of 100 PDF pages may be provided.' },
    { about: 'document', reason: 'A maximum of 100 PDF pages may be provided.' },
  ],
  [
    { message: 'Too much media: 3 document pages + 102 images > 100' },
    { about: 'media', excess: 5, reason: 'Too much media: 3 document pages + 102 images > 100' },
  ],
  [
    { message: 'too many images and documents: 27 + 0 > 20' },
    { about: 'media', excess: 7, reason: 'too many images and documents: 27 + 0 > 20' },
  ],
  [
    { message: 'messages.1.content.0: Invalid `signature` in `thinking` block' },
    { about: 'reasoning', path: 'messages.1.content.0', reason: 'Invalid `signature` in `thinking` block' },
  ],
  [
    { message: 'messages.5.content.1.tool_use.input: Input should be a valid dictionary' },
    { about: 'part', path: 'messages.5.content.1.tool_use.input', reason: 'Input should be a valid dictionary' },
  ],
  [
    {
      message:
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      code: 'invalid_image_format',
    },
    {
      about: 'image',
      reason:
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
    },
  ],
  [
    { message: 'Invalid image.', code: 'image_parse_error', param: 'messages.[1].content.[1].image_url' },
    { about: 'image', path: 'messages.[1].content.[1].image_url', reason: 'Invalid image.' },
  ],
  [
    {
      message:
        "Invalid 'input[5].output[3].image_url'. Expected a base64-encoded data URL with an image MIME type, but got an invalid base64-encoded value.",
      code: 'invalid_value',
      param: 'input[5].output[3].image_url',
    },
    {
      about: 'part',
      path: 'input[5].output[3].image_url',
      reason:
        "Invalid 'input[5].output[3].image_url'. Expected a base64-encoded data URL with an image MIME type, but got an invalid base64-encoded value.",
    },
  ],
  [
    { message: "Invalid file data: 'input[0].content[0].file_data'. Expected a base64-encoded data URL." },
    {
      about: 'document',
      path: 'input[0].content[0].file_data',
      reason: "Invalid file data: 'input[0].content[0].file_data'. Expected a base64-encoded data URL.",
    },
  ],
  [
    {
      message: 'Invalid content type. image_url is only supported by certain models.',
      param: 'messages.[0].content.[1].type',
    },
    {
      about: 'part',
      path: 'messages.[0].content.[1].type',
      reason: 'Invalid content type. image_url is only supported by certain models.',
    },
  ],
  [
    { message: 'Error while downloading https://example.com/a.png.', code: 'invalid_image_url' },
    { about: 'image', reason: 'Error while downloading https://example.com/a.png.' },
  ],
  [
    {
      message: "Invalid 'messages[3].tool_calls[0].function.arguments': string too long.",
      param: 'messages[3].tool_calls[0].function.arguments',
    },
    {
      about: 'part',
      path: 'messages[3].tool_calls[0].function.arguments',
      reason: "Invalid 'messages[3].tool_calls[0].function.arguments': string too long.",
    },
  ],
  [
    {
      message:
        'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
    {
      about: 'schema',
      reason:
        'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
  ],
  [
    {
      message:
        'output_config.format.schema: Invalid schema: The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
    {
      about: 'schema',
      reason:
        'output_config.format.schema: Invalid schema: The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    },
  ],
  [
    { message: 'Schema is too complex for compilation' },
    { about: 'schema', reason: 'Schema is too complex for compilation' },
  ],
  [{ message: 'Schema is too complex.' }, { about: 'schema', reason: 'Schema is too complex.' }],
  [{ message: 'Grammar compilation timed out.' }, { about: 'schema', reason: 'Grammar compilation timed out.' }],
  [
    {
      message:
        'Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. Reduce them (limit: 24).',
    },
    {
      about: 'schema',
      reason:
        'Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. Reduce them (limit: 24).',
    },
  ],
  [
    {
      message: "Invalid schema for response_format 'answer': In context=(), 'oneOf' is not permitted.",
      param: 'response_format',
    },
    {
      about: 'schema',
      reason: "Invalid schema for response_format 'answer': In context=(), 'oneOf' is not permitted.",
    },
  ],
  [
    { message: 'No.', code: 'invalid_json_schema', param: 'text.format.schema' },
    { about: 'schema', reason: 'No.' },
  ],
  [{ code: 'image_too_small' }, { about: 'image', reason: 'image_too_small' }],
];

describe("The vendor's complaint about a part", () => {
  it.each(complaints)('is read from %j', (error, complaint) => {
    expect(complaintOf({ type: 'invalid_request_error', ...error }, 400)).toEqual(complaint);
    expect(complaintOf({ type: 'invalid_request_error', ...error })).toEqual(complaint);
  });

  it.each<VendorError>([
    { message: 'max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens' },
    { message: 'tools.0.custom.input_schema: JSON schema is invalid' },
    // Tools go out without being enforced.
    { message: "Invalid schema for function 'pay': schema must have type 'object'", param: 'tools[0].parameters' },
    { message: "Tool 'The compiled grammar is too large' not found in provided tools" },
    { message: "Unknown parameter: 'surprise'.", param: 'surprise' },
    { message: 'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.' },
    { message: 'messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.' },
    { message: "Invalid parameter: messages with role 'tool' must be a response.", param: 'messages.[3].role' },
    { message: 'messages.0.content.0.text.cache_control: Extra inputs are not permitted', param: undefined },
    { message: 'The model is overloaded', type: 'overloaded_error' },
    {},
  ])('is undefined for %j, which names no part of the history', (error) => {
    expect(complaintOf({ type: 'invalid_request_error', ...error }, 400)).toBeUndefined();
  });

  it('is undefined if the vendor or the connection failed', () => {
    for (const status of [401, 403, 408, 413, 429, 500, 502, 529]) {
      expect(complaintOf({ message: 'messages.1.content.0.image: Could not process image' }, status)).toBeUndefined();
    }
    expect(complaintOf({ type: 'api_error', message: 'input[3].content[0]: failed' })).toBeUndefined();
  });

  it('is short and on one line', () => {
    const message = `messages.1.content.0.image: Could not\nprocess image ${'x'.repeat(500)}`;
    const { reason } = complaintOf({ message }, 400) ?? {};
    expect(reason).toMatch(/^Could not process image x+…$/);
    expect(reason).toHaveLength(201);
  });
});
