// README.md shows code and tags; both must be what the tree has.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

std::string Read(const std::string& path) {
  std::ifstream file(std::string(QUORATE_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  if (from == std::string::npos) return "";
  const auto first = from + begin.size();
  return text.substr(first, text.find(end, first) - first);
}

TEST(ReadmeTest, ShowsTheEmbeddingProgramThatIsCompiled) {
  const std::string shown = Between(Read("README.md"), "```cpp\n", "```");
  const std::string compiled = Between(Read("tests/embed/embed.cc"), "// [readme\n", "// readme]");
  ASSERT_FALSE(shown.empty());
  EXPECT_EQ(shown, compiled);
}

// A tag in README's table that no line of code bears would be a promise nobody keeps.
TEST(ReadmeTest, EachTagOfARuleIsFoundInTheCode) {
  std::string code;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(QUORATE_SOURCE_DIR) + "/paxos"))
    if (entry.path().extension() != ".md")
      code += Read("paxos/" + entry.path().filename().string());
  const std::string readme = Read("README.md");
  const std::regex row("\\| ([A-Z][0-9]) \\|");
  std::set<std::string> tags;
  for (std::sregex_iterator it(readme.begin(), readme.end(), row), end; it != end; ++it)
    tags.insert((*it)[1]);
  EXPECT_GE(tags.size(), 16u);
  for (const std::string& tag : tags)
    EXPECT_NE(code.find(tag), std::string::npos) << "no line of paxos/ bears " << tag;
}

}  // namespace
