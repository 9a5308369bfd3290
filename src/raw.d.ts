/** A file's text, for scripts that run elsewhere. */
declare module '*?raw' {
  const text: string;
  export default text;
}
