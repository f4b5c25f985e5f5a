import { ArrayMaxSize, IsArray, IsString, ValidateIf, IsNotEmpty } from 'class-validator';
import { IsDto, Optional } from '../http/dto/decorators.js';
import { AttachmentDto } from '../http/dto/message.dto.js';
import { MaxFilesSize, MaxTextSize } from '../http/dto/size.decorators.js';

/** What a user says: a text, files, or both. */
export class UserMessageDto {
  @ValidateIf(({ attachments, content }: UserMessageDto) => content !== '' || attachments === undefined)
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
