/// Self-contained HTML pages: one file, no scripts, nothing from the network; light, dark, phone
/// and paper by one stylesheet of our own.
///
/// What a body may use of it:
///     <section class="card">   a framed part of the page
///     <p class="lead">         the paragraph under the title
///     <p class="note">         small and muted; also <span class="note">
///     <p class="verdict">      what a reader should take away
///     <p class="formula">      a displayed equation, scrolls where it is too wide
///     <span class="id">        an equation's ID
///     <div class="wide">       scrolls sideways where the page is narrower: tables, matrices
///     <span class="whole">     is not broken over lines
///     <td class="number">      right-aligned figures of equal width; also th
///     <nav>                    a list of links within the page
///     <ul class="cases">       a grid of <li class="case s1">: what belongs to series 1
///     <figure class="plot">    a plot (svg_plot.h, svg_scatter.h)
/// Colours are variables: --paper --card --ink --muted --line --accent, and --series-1 … --series-6
/// for plots, distinguishable by the colour-blind on both backgrounds.
#pragma once

#include <string>
#include <string_view>

namespace unroll {

/// Text as it may be in HTML, inside a quoted attribute too.
std::string html_text(std::string_view text);

/// Text with formulas as the code's comments write them: what follows _ or ^ (letters and digits,
/// or all of a {…}) is set below or above the line.
std::string html_math(std::string_view text);

/// A command line in <code>, which breaks only before its flags.
std::string html_command(std::string_view command);

/// A whole document around the body's HTML. `title` and `language` ("en", "zh") are plain text; the
/// title is also the page's heading.
std::string html_page(std::string_view title, std::string_view body,
                      std::string_view language = "en");

}  // namespace unroll
