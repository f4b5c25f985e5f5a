import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsMimeType,
  IsNotEmpty,
  IsString,
  IsUrl,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import { type WhenBusy } from '../../config/gitlab-duo-options.interface.js';
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

const POLICIES = Object.keys({ reject: true, enqueue: true, interrupt: true } satisfies Record<WhenBusy, true>);

/** The body of `POST /chats/:id/completions`. */
export class CompletionDto {
  @Description('A Duo model id, for this answer alone.')
  @Optional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  @Description(
    'What happens while the chat has an active run: this call is refused; or it waits for its turn; or the run is cancelled, its text kept, and this call goes first. The chat’s kind says it when unset.',
  )
  @Optional()
  @IsIn(POLICIES)
  whenBusy?: WhenBusy;

  @Description(
    'Whether the run continues, as it does when unset, or is cancelled when the connection of this call is lost and nothing else follows the run.',
  )
  @Optional()
  @IsIn(['continue', 'cancel'])
  onDisconnect?: 'continue' | 'cancel';
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
