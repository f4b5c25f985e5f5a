import { type ReactElement } from 'react';
import { safeAddress } from '../markdown/safe-address.js';

interface FilePartProps {
  url: string;
  mediaType: string;
  filename?: string;
}

/** An attached file: an image that the message holds is shown, one elsewhere is linked, since nothing is fetched. */
export function FilePart({ url, mediaType, filename }: FilePartProps): ReactElement {
  const name = filename ?? (mediaType.startsWith('image/') ? 'Image' : 'Document');
  if (url.startsWith('data:')) {
    const isImage = /^data:image\/(?:png|jpeg|gif|webp)[;,]/.test(url);
    if (isImage) return <img className="file" src={url} alt={name} />;
    return <p className="file">{`${name} (${mediaType})`}</p>;
  }
  const address = safeAddress(url);
  if (address === undefined) return <p className="file">{`${name} (${mediaType})`}</p>;
  return (
    <p className="file">
      <a href={address} target="_blank" rel="noopener noreferrer">
        {name}
      </a>
    </p>
  );
}
