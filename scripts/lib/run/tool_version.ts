/**
 * The version of this tool, as manifests and receipts name it: the one of its package.json, which `npm run release`
 * compares. It is not read from that file, since in Revo ERP's repository that package.json is the ERP's.
 */
export const TOOL_VERSION = "0.1.0";
