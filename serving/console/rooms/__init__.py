"""The rooms of the console, in the order of the menu."""

from serving.console.rooms import (
    actions,
    alerts,
    audiences,
    customers,
    forecast,
    health,
    privacy,
    products,
    recommendations,
    segments,
    service,
    today,
    voice,
)

ROOMS = (
    today.ROOM,
    alerts.ROOM,
    segments.ROOM,
    actions.ROOM,
    audiences.ROOM,
    customers.ROOM,
    products.ROOM,
    voice.ROOM,
    service.ROOM,
    recommendations.ROOM,
    forecast.ROOM,
    health.ROOM,
    privacy.ROOM,
)
