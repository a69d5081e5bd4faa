"""The rooms of the console, in the order of the menu."""

from serving.console.rooms import (
    customers,
    forecast,
    health,
    products,
    recommendations,
    segments,
    service,
    today,
    voice,
)

ROOMS = (
    today.ROOM,
    segments.ROOM,
    customers.ROOM,
    products.ROOM,
    voice.ROOM,
    service.ROOM,
    recommendations.ROOM,
    forecast.ROOM,
    health.ROOM,
)
