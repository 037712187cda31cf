"""When things happened to a booking: what the file knows as days, completed with a time of day.

Times of day include the places where programs stumble: midnight, the last second of a day, and the seconds around
the switch to and from summer time, which all of Europe makes at 01:00 UTC on the last Sunday of March and October.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from offtake.demo.hotel.bookings import Booking, Hotel
from offtake.demo.hotel.chance import draw

HOUR: Final = timedelta(hours=1)
DAY_SECONDS: Final = 86_400
NOON: Final = DAY_SECONDS // 2
BEFORE_CHECK_IN: Final = 9 * 3_600
EVENING: Final = 18 * 3_600
"""Seconds into a day, in UTC: nobody has come yet; all have come who come, and some of them have left again."""

SUMMERS: Final[Mapping[int, tuple[datetime, datetime]]] = {
    2015: (datetime(2015, 3, 29, 1, tzinfo=UTC), datetime(2015, 10, 25, 1, tzinfo=UTC)),
    2016: (datetime(2016, 3, 27, 1, tzinfo=UTC), datetime(2016, 10, 30, 1, tzinfo=UTC)),
    2017: (datetime(2017, 3, 26, 1, tzinfo=UTC), datetime(2017, 10, 29, 1, tzinfo=UTC)),
}
"""Summer time in the years of the stays."""

SWITCH_SECONDS: Final = (3_599, 3_600, 5_400, 7_199, 7_200)
"""Seconds of a day around 01:00 UTC and the hour that local clocks then skip or repeat."""


def written(moment: datetime) -> str:
    """The instant (whole seconds, in UTC) as `2015-07-01T14:00:00Z`."""
    return f"{moment.isoformat()[:19]}Z"


def local(hotel: Hotel, day: date, hour: int) -> datetime:
    """The instant at which the hotel's clocks show that full hour of that day."""
    winter = datetime.combine(day, time(hour), UTC) - hotel.winter_offset * HOUR
    start, end = SUMMERS[winter.year]
    return winter - HOUR if start <= winter and winter - HOUR < end else winter


def local_day(hotel: Hotel, moment: datetime) -> date:
    """The day that the hotel's clocks show at that instant."""
    start, end = SUMMERS[moment.year]
    return (moment + (hotel.winter_offset + (start <= moment < end)) * HOUR).date()


def created(booking: Booking) -> datetime:
    """When the booking was made: on the day `lead_time` days before arrival, and before the room is booked from."""
    day = booking.arrival - timedelta(days=booking.lead_time)
    return _at(day, booking.chance, 8, before=DAY_SECONDS if booking.lead_time else BEFORE_CHECK_IN)


def updated(booking: Booking, made: datetime) -> datetime:
    """When the booking, created at `made`, reached its state: on the day the file names, after any check-out.

    Guests who do not come are given up in the evening; who cancels on the day of arrival does so before check-in.
    """
    day = booking.settled
    if booking.stayed:
        return _at(day, booking.chance, 9, after=EVENING if day == booking.arrival else NOON)
    if booking.state == "no_show":
        return max(made, _at(day, booking.chance, 9, after=EVENING))
    return max(made, _at(day, booking.chance, 9, before=BEFORE_CHECK_IN if day == booking.arrival else DAY_SECONDS))


def scheduled(booking: Booking) -> tuple[datetime, datetime]:
    """From when and until when the room is booked: 15:00 to 11:00 local time, for a day's use 12:00 to 18:00.

    So those who leave that day are gone by 11:00 UTC, and a day's use of the room begins then or later.
    """
    start, end = (15, 11) if booking.nights else (12, 18)
    return local(booking.hotel, booking.arrival, start), local(booking.hotel, booking.departure, end)


def came_and_went(booking: Booking, start: datetime) -> tuple[datetime, datetime]:
    """When the guests of a stay scheduled from `start` came and went; who left on the day of arrival stayed an hour."""
    minutes = timedelta(minutes=draw(booking.chance, 10, 60))
    if booking.settled == booking.arrival:
        return start + minutes, start + minutes + HOUR
    went = datetime.combine(booking.settled, time(10), UTC) + minutes
    return start + timedelta(minutes=draw(booking.chance, 11, 300)), went


def _at(day: date, chance: int, place: int, *, after: int = 0, before: int = DAY_SECONDS) -> datetime:
    """An instant of that day, from `after` up to `before` seconds into it (UTC)."""
    number = draw(chance, place, 1 << 20)
    if after == 0 and _is_switch(day):
        second = SWITCH_SECONDS[number % len(SWITCH_SECONDS)]
    elif number % 53 == 0:
        second = after
    elif number % 53 == 1:
        second = before - 1
    else:
        second = after + number % (before - after)
    return datetime.combine(day, time(), UTC) + timedelta(seconds=second)


def _is_switch(day: date) -> bool:
    return day.month in (3, 10) and day.day >= 25 and day.weekday() == 6
