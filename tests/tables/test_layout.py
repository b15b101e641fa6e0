"""A table as text and as HTML."""

from html.parser import HTMLParser

from simlimit.tables.layout import Row, Table, as_html, as_text

TABLE = Table(
    "a caption",
    ("name", "number"),
    "<>",
    [Row(("all", "1.00")), Row(("a part", "-12.50"), indented=True)],
    ("A note.", "Another."),
)
EVIL = "<script>alert('&\")</script>"


class Parsed(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.opened, self.closed, self.texts, self.attributes = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.opened.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        self.closed.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_text_has_columns():
    assert as_text("A title", [TABLE]).splitlines() == [
        "A title",
        "",
        "a caption",
        "name      number",
        "all         1.00",
        "  a part  -12.50",
        "",
        "A note.",
        "Another.",
    ]


def test_chinese_characters_take_two_places():
    table = Table("c", ("name", "借呗"), "<>", [Row(("a", "1.00"), indented=False)])
    assert as_text("t", [table]).splitlines()[3:] == ["name  借呗", "a     1.00"]


def test_without_tables_there_is_the_title_alone():
    assert as_text("A title", []) == "A title"


def test_html_says_what_the_text_says():
    page = Parsed(as_html("A title", [TABLE]))
    assert page.texts == [
        *("A title", "a caption", "name", "number", "all", "1.00", "a part", "-12.50", "A note.", "Another.")
    ]
    assert {"table", "caption", "thead", "tbody"} <= set(page.opened)
    assert ("scope", "col") in page.attributes
    assert ("scope", "row") in page.attributes
    assert sorted(page.closed) == sorted(tag for tag in page.opened if tag != "br")


def test_html_has_no_colours_of_its_own():
    styles = [value for name, value in Parsed(as_html("A title", [TABLE])).attributes if name == "style"]
    assert not any(word in style for style in styles for word in ("background", "#", "rgb", ";color:"))


def test_html_escapes_every_text():
    row = Row((EVIL, EVIL), strong=True, begins_group=True, hint=EVIL)
    page = Parsed(as_html(EVIL, [Table(EVIL, (EVIL, EVIL), "<>", [row], (EVIL,))]))
    assert "script" not in page.opened
    assert set(page.texts) == {EVIL}
    assert ("title", EVIL) in page.attributes
