import { formatFloat } from "@web/core/utils/numbers";

/** Points as people write them: without decimals if there are none. */
export function formatPoints(points) {
    return formatFloat(points, { digits: [69, 2], trailingZeros: false });
}
