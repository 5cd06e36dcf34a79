import * as z from 'zod';

// Imported first of all. zod tries whether it may compile its schemas: the webview's policy reports that as a
// violation, and in the extension host it touches a global whose every use VS Code logs as an error. Nothing here is
// parsed often enough to need it.
z.config({ jitless: true });
