/** Which files of this machine a message may hold. */

/** The limits on what is attached by `path`. */
export interface FileAccess {
  /** The folder that every attached file must be in, wherever symbolic links lead. Default: any folder. */
  attachmentRoot?: string | undefined;
  /** Refuse every attachment by `path` but `data:` URLs, for messages whose fields come from outside. Default false. */
  disableFileAccess?: boolean | undefined;
}
