/** A text of one line as YAML: as it is where YAML reads it as this text, else in quotes. */
export function yamlScalar(text: string): string {
  const isPlain = /^[A-Za-z_][\w./@-]*$/.test(text) && !/^(?:true|false|null)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
