import * as z from 'zod';

/** What the groups of the list are made by. */
export const grouping = z.enum(['status', 'source', 'workspace', 'kind']);
export type Grouping = z.infer<typeof grouping>;

/** The order of the rows in each group. */
export const sorting = z.enum(['changed', 'started', 'title']);
export type Sorting = z.infer<typeof sorting>;
