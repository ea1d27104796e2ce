import { formatFloat } from "@web/core/utils/numbers";

const { DateTime } = luxon;

/** Points as people write them: without decimals if there are none. */
export function formatPoints(points) {
    return formatFloat(points, { digits: [69, 2], trailingZeros: false });
}

/** A time of today, or a time with its day. */
export function shownTime(time) {
    const isToday = time.hasSame(DateTime.now(), "day");
    return time.toLocaleString(isToday ? DateTime.TIME_SIMPLE : DateTime.DATETIME_SHORT);
}
