"""What an organisation reads about its request, on pages and in answers."""

from __future__ import annotations

from apdu_specs.language import Text

ONE_LEVEL = Text(
    "An officer has one level: when this request is approved, it replaces the right that the officer may have already.",
    "เจ้าหน้าที่หนึ่งรายมีได้หนึ่งระดับสิทธิ เมื่อคำขอนี้ได้รับอนุมัติ จะแทนที่สิทธิที่เจ้าหน้าที่อาจมีอยู่เดิม",
)
BY_EMAIL = Text("The result goes to every officer by e-mail.", "จะแจ้งผลการพิจารณาทางอีเมลของเจ้าหน้าที่แต่ละราย")
NEWEST = Text("The newest:", "ฉบับล่าสุด:")
