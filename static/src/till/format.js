import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";

const { DateTime } = luxon;

const SHOWN_IN_MINUTES = 60;
const SMALLEST = 0.000001;

/** Points as people write them: without decimals if there are none. */
export function formatPoints(points) {
    return formatFloat(points, { digits: [69, 2], trailingZeros: false });
}

/** A time of today, or a time with its day. */
export function shownTime(time) {
    const isToday = time.hasSame(DateTime.now(), "day");
    return time.toLocaleString(isToday ? DateTime.TIME_SIMPLE : DateTime.DATETIME_SHORT);
}

/**
 * How long ago a time was, or the time itself if that was an hour ago or more, or is yet to come: clocks differ.
 *
 * @param {number} ahead milliseconds by which the clock of that time is ahead of this one
 */
export function shownAge(time, ahead = 0) {
    const minutes = DateTime.now().plus(ahead).diff(time).as("minutes");
    if (Math.abs(minutes) < 1) {
        return _t("a moment ago");
    }
    return minutes > 0 && minutes < SHOWN_IN_MINUTES
        ? time.toRelative({ base: DateTime.now().plus(ahead), unit: "minutes" })
        : shownTime(time);
}

/** As many points as are multiples of a step: Odoo takes no others. */
export function wholeSteps(points, step) {
    return Math.floor(points / step + SMALLEST) * step;
}
