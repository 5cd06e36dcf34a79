import { code } from './markdownCode.ts';
import type { SchemaNode } from '../format/workflowSchema.ts';

/** What a key is for, what it may be, and what it is where it is not there. */
export function keyMarkdown(node: SchemaNode): string {
  const { description, enum: values, default: preset } = node;
  const lines = [
    description,
    values && `One of ${values.map(code).join(', ')}.`,
    typeof preset === 'string' || typeof preset === 'boolean'
      ? `Default: ${code(String(preset))}`
      : undefined,
  ];
  return lines.filter((line) => line !== undefined).join('\n\n');
}
