import { ArrayMaxSize, IsArray, IsMimeType, IsNotEmpty, IsString, IsUrl, MaxLength, ValidateIf } from 'class-validator';
import { Description, IsDto, IsFileData, Optional } from './decorators.js';
import { MaxFileSize, MaxFilesSize, MaxTextSize } from './size.decorators.js';

@Description('An image or a PDF document: `data` or `url`.')
export class AttachmentDto {
  @Description('image/jpeg, image/png, image/gif, image/webp or application/pdf.')
  @IsMimeType()
  mediaType!: string;

  @Description('The content in base64.')
  @ValidateIf(({ url }: AttachmentDto) => url === undefined)
  @IsFileData()
  @MaxFileSize()
  data?: string;

  @Description('An https address that the vendor fetches, instead of `data`.')
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
  @Description('A Duo model id, for this answer alone.')
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
  @IsDto(() => AttachmentDto, { each: true })
  attachments?: AttachmentDto[];
}
