"""The console: pages of the published snapshot for the people of a shop, on the server of the API.

A room is a module in `rooms/` with a `ROOM`: its key (the address is `/console/<key>`, that of Today is `/`), title, the scopes that may read it, the
tables without which the shop has no such room, and its views by path below its address. `rooms/__init__.py` lists the rooms in the order of the menu.

A view is a plain function of a `Visit`: it runs in a thread of its own, on one version of the snapshot, and returns a `Page` or a
Starlette `Response` (a download, JSON for a script of ours). It reads

- `visit.cards`: single customers and lists, by `resources.cards`;
- `visit.sections("week", "lists")`: sections of the weekly report, with the report's figures;
- `visit.held(name, make)`: anything else that is the same for all visitors of a version; `make` takes the report's `Reads` (its `reader` is the open
  DuckDB file, `reads.rows(file)` a file of SQL) and is called once a version;
- `visit.reader`, the open DuckDB file, for what concerns one customer only, closed with the visit: a download that is streamed opens its own;
- `visit.path`, `visit.asked`: what the address holds. For what is not there it raises `Refused(404, Said(…))`.

A view that makes a file of whatever length stands among the room's `files`: it keeps nobody waiting for a page.

What a room changes, it changes by its `forms`: plain functions too, called with the fields of a form that shows the session's token, which
templates have as `token`; they return the address to go on to.

A page has a title, what its template reads, and the name of the template; `room.html.j2`, the default, shows `sections` one after the other. A template of a
room extends `frame.html.j2`, fills the block `main`, and uses `t(words)`, `cell(what)`, `own(text)`, and from `parts.html.j2` the
macros `section`, `table`, `charts`, `rules`, `tiles` (of `Tile`s). All texts are `Words`, written by hand in both languages; what shops or customers wrote goes through `own` or as `str` through `cell`.

Each number is a `Figure` that names its query: one of the report's `figures.sql`, or of the room's own file like it (`figures=` of the
room, names beginning with the room's key). It is then one click from its SQL, its tables, and its value computed anew.
"""
