import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsMimeType,
  IsNotEmpty,
  IsObject,
  IsString,
  IsUrl,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsFileData } from './file-data.decorator.js';
import { Optional } from './optional.decorator.js';
import { MaxFileSize, MaxFilesSize, MaxTextSize } from './size.decorators.js';

/** An image or a document: `data` (base64) or `url`. */
export class AttachmentDto {
  @IsMimeType()
  mediaType!: string;

  @ValidateIf(({ url }: AttachmentDto) => url === undefined)
  @IsFileData()
  @MaxFileSize()
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
  @MaxTextSize()
  content!: string;

  @Optional()
  @IsArray()
  @ArrayMaxSize(20)
  @MaxFilesSize()
  // For ValidateNested an array is an item too.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => AttachmentDto)
  attachments?: AttachmentDto[];
}
