import * as z from 'zod';
import type { Path } from './problem.ts';
import { workflowFile } from './workflowFile.ts';

/** What is used of JSON Schema. */
const schemaNode = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.string()).optional(),
  const: z.string().optional(),
  default: z.unknown().optional(),
  examples: z.array(z.union([z.string(), z.number()])).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), schemaNode).optional();
  },
  get items() {
    return schemaNode.optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), schemaNode]).optional();
  },
  get anyOf() {
    return z.array(schemaNode).optional();
  },
});
export type SchemaNode = z.infer<typeof schemaNode>;

/** Of the one schema of the format: what is said of a key anywhere is what it says there. */
export const workflowSchema: SchemaNode = schemaNode.parse(z.toJSONSchema(workflowFile, { io: 'input' }));

/** What may stand at a path; undefined where nothing may. */
export function schemaAt(path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = workflowSchema;
  for (const part of path) node = node === undefined ? undefined : childOf(node, part);
  return node;
}

/** The keys that the object at a path may have, each with what it is for. None where it names its keys itself. */
export function keysAt(path: Path): readonly (readonly [key: string, node: SchemaNode])[] {
  const node = schemaAt(path);
  return node === undefined ? [] : Object.entries(objectOf(node)?.properties ?? {});
}

export function isRequired(path: Path, key: string): boolean {
  const node = schemaAt(path);
  return node !== undefined && objectOf(node)?.required?.includes(key) === true;
}

/** Whether a value here is an object, and nothing else. */
export function isObject(node: SchemaNode): boolean {
  return node.type === 'object';
}

/** Of values that may be an object or something else, the object. */
export function objectOf(node: SchemaNode): SchemaNode | undefined {
  return isObject(node) ? node : node.anyOf?.find(isObject);
}

function childOf(node: SchemaNode, part: string | number): SchemaNode | undefined {
  if (typeof part === 'number') return node.items;
  const { properties = {}, additionalProperties: others } = objectOf(node) ?? {};
  if (Object.hasOwn(properties, part)) return properties[part];
  return typeof others === 'object' ? others : undefined;
}
