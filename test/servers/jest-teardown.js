export default () => globalThis.endKeeper();
