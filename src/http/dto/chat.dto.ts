import { IsNotEmpty, IsObject, IsString, MaxLength } from 'class-validator';
import { MAX_EXTERNAL_ID_LENGTH } from '../../chats/chat-arguments.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { Description, IsDto, Optional, OptionalOrNull, RawJson } from './decorators.js';
import { ParamsDto } from './params.dto.js';
import { MaxJsonSize, MaxTextSize } from './size.decorators.js';

const MAX_TITLE_LENGTH = 500;

/** The body of `PATCH /chats/:id`. */
@Description('Fields that are left out stay as they are.')
export class ChatDto {
  @Description('A Duo model id; for a new chat the server’s own choice when unset.')
  @Optional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  @OptionalOrNull()
  @IsString()
  @MaxLength(MAX_TITLE_LENGTH)
  title?: string | null;

  @Description('Sent to the model before the first message.')
  @Optional()
  @IsString()
  @IsNotEmpty()
  @MaxTextSize()
  instructions?: string;

  @Optional()
  @IsDto(() => ParamsDto)
  params?: ParamsDto;

  @Description('The application’s own.')
  @Optional()
  @IsObject()
  @MaxJsonSize()
  @RawJson()
  metadata?: JsonObject;
}

/** The body of `POST /chats`. */
@Description('Values given here override those of the agent.')
export class NewChatDto extends ChatDto {
  @Description('The client’s own id of the chat: where the owner has a chat with it, that one is the answer.')
  @Optional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_EXTERNAL_ID_LENGTH)
  externalId?: string;

  @Description('The name of an agent of the application; none when unset.')
  @Optional()
  @IsString()
  @IsNotEmpty()
  agent?: string;
}
