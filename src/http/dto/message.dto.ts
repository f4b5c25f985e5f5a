import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBase64,
  IsMimeType,
  IsNotEmpty,
  IsString,
  IsUrl,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { Optional } from './optional.decorator.js';

/** An image or a document: `data` (base64) or `url`. */
export class AttachmentDto {
  @IsMimeType()
  mediaType!: string;

  @ValidateIf(({ url }: AttachmentDto) => url === undefined)
  @IsBase64()
  data?: string;

  @ValidateIf(({ data }: AttachmentDto) => data === undefined)
  @IsUrl({ protocols: ['https'], require_protocol: true })
  url?: string;

  @Optional()
  @IsString()
  @MaxLength(255)
  filename?: string;
}

/** The body of `POST /chats/:id/completions`. */
export class CompletionDto {
  /** A Duo model id for this answer alone. */
  @Optional()
  @IsString()
  @IsNotEmpty()
  model?: string;
}

/** The body of `POST /chats/:id/messages`. */
export class MessageDto extends CompletionDto {
  @IsString()
  @IsNotEmpty()
  content!: string;

  @Optional()
  @IsArray()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => AttachmentDto)
  attachments?: AttachmentDto[];
}
