"""Colours, type and shapes of the page; see `style.css` for the rest."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.themes import Base  # imported when a theme is made: it takes a while

SAGE = (
    "#f0f7f4", "#dcebe5", "#bad8cd", "#8fbfae", "#5f9f8b", "#3f8170",
    "#2f6b5d", "#28574d", "#22463f", "#1d3a35", "#0f211e",
)  # fmt: skip
"""The accent, from light to dark; 600 on white and on the background reaches 6:1."""

SAND = (
    "#fbf9f6", "#f5f1eb", "#e9e3d9", "#d6cec1", "#a89f92", "#7a7266",
    "#5d564c", "#474139", "#312d28", "#24211d", "#1a1815",
)  # fmt: skip
"""Warm greys, for paper by day and for a dim room by night."""


def theme() -> "Base":
    """Return the theme.

    Its fonts come with Gradio, so that nothing is fetched; of this one, the weights with all of
    Latin, Greek and Cyrillic.
    """
    import gradio as gr
    from gradio.themes.utils.fonts import LocalFont

    made: Base = gr.themes.Base(
        primary_hue=gr.themes.Color(*SAGE, name="sage"),
        secondary_hue=gr.themes.Color(*SAGE, name="sage"),
        neutral_hue=gr.themes.Color(*SAND, name="sand"),
        text_size=gr.themes.sizes.text_lg,
        spacing_size=gr.themes.sizes.spacing_lg,
        radius_size=gr.themes.sizes.radius_lg,
        font=(
            LocalFont("IBM Plex Sans", weights=(400, 700)),
            "ui-sans-serif",
            "system-ui",
            "sans-serif",
        ),
        font_mono=(LocalFont("IBM Plex Mono"), "ui-monospace", "monospace"),
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="#ece6dc",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_800",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_700",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_shadow="none",
        border_color_primary="*neutral_300",
        border_color_primary_dark="*neutral_700",
        border_color_accent="*primary_600",
        border_color_accent_dark="*primary_400",
        color_accent="*primary_600",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_900",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_200",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_400",
        input_border_color_dark="*neutral_500",
        input_border_color_focus="*primary_600",
        input_border_color_focus_dark="*primary_300",
        input_placeholder_color="*neutral_600",
        input_placeholder_color_dark="*neutral_300",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_300",
        button_primary_background_fill_hover_dark="*primary_200",
        button_primary_text_color="white",
        button_primary_text_color_dark="*primary_950",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_400",
        button_secondary_border_color_dark="*neutral_500",
        button_secondary_text_color="*neutral_800",
        button_secondary_text_color_dark="#ece6dc",
        button_transition="none",
    )
    return made
