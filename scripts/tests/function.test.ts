/** The Edge Function on the embedded stack: refusals of each caller, effects of permitted calls, ends of runs. */
import { startForFile } from "./function_place.ts";
import { describeDownloads } from "./function_suites/downloads.ts";
import { describeEnds } from "./function_suites/ends.ts";
import { describeLists } from "./function_suites/lists.ts";
import { describeLoad } from "./function_suites/load.ts";
import { describeLooks } from "./function_suites/looks.ts";
import { describeRefusals } from "./function_suites/refusals.ts";
import { describeStarts } from "./function_suites/starts.ts";

const place = startForFile();

describeRefusals(place);
describeStarts(place);
describeDownloads(place);
describeLooks(place);
describeEnds(place);
describeLists(place);
describeLoad(place);
