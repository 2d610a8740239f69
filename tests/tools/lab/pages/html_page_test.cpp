#include "unroll/tools/lab/pages/html_page.h"

#include <gtest/gtest.h>

#include <string>

namespace unroll {
namespace {

TEST(HtmlPage, EscapesText) {
  EXPECT_EQ(html_text("a < b & \"c\" > 'd'"), "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  EXPECT_EQ(html_text("∂L/∂W"), "∂L/∂W");
}

TEST(HtmlPage, SetsIndicesAndPowers) {
  EXPECT_EQ(html_math("∂h_t/∂h_{k−1} ≤ (‖W‖/4)^lag"),
            "∂h<sub>t</sub>/∂h<sub>k−1</sub> ≤ (‖W‖/4)<sup>lag</sup>");
  EXPECT_EQ(html_math("a_ < b_{ ^"), "a_ &lt; b_{ ^");
}

TEST(HtmlPage, IsOneFileThatLoadsNothing) {
  const std::string page = html_page("Σ <t>", "<p>the body</p>", "zh");
  EXPECT_NE(page.find("<html lang=\"zh\">"), std::string::npos);
  EXPECT_NE(page.find("<title>Σ &lt;t&gt;</title>"), std::string::npos);
  EXPECT_NE(page.find("<p>the body</p>"), std::string::npos);
  for (const char* loader : {"<script", "http", "src=", "@import", "url(", "<link"}) {
    EXPECT_EQ(page.find(loader), std::string::npos) << loader;
  }
}

TEST(HtmlPage, HasColoursForLightDarkAndPaper) {
  const std::string page = html_page("title", "");
  for (const char* media : {"prefers-color-scheme: dark", "@media print", "max-width"}) {
    EXPECT_NE(page.find(media), std::string::npos) << media;
  }
}

}  // namespace
}  // namespace unroll
