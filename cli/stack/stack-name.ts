/** A stack's name is a folder name too, so it is kept to what every file system and shell takes. */
export function isStackName(text: string): boolean {
  return /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(text);
}
