// The table of tests/scenarios/README.md names transcripts and tests; all of them must exist.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

const std::filesystem::path kRoot(QUORATE_SOURCE_DIR);

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(kRoot / path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What the last cell of each row says, by row; headings of groups say nothing.
std::vector<std::string> ShownBy(const std::string& document) {
  std::vector<std::string> cells;
  const std::regex row(R"(\| ([^|]+) \| ([^|]+) \| ([^|]+) \|)");
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, row) && found[3] != "shown by") cells.push_back(found[3]);
  }
  return cells;
}

// The words in backquotes: `a_story.txt`, or `tests/folder/file.cc` and then `Suite.Name` in it.
std::vector<std::string> Names(const std::string& cell) {
  std::vector<std::string> names;
  const std::regex quoted("`([^`]+)`");
  for (std::sregex_iterator it(cell.begin(), cell.end(), quoted), end; it != end; ++it)
    names.push_back((*it)[1]);
  return names;
}

bool Defines(const std::string& source, const std::string& test) {
  const auto dot = test.find('.');
  const std::regex definition("TEST(_F|_P)?\\(" + test.substr(0, dot) + ",\\s*" +
                              test.substr(dot + 1) + "\\)");
  return std::regex_search(source, definition);
}

TEST(ScenarioTableTest, NamesTranscriptsAndTestsThatExist) {
  for (const std::string& cell : ShownBy(Read("tests/scenarios/README.md"))) {
    std::string source;
    for (const std::string& name : Names(cell)) {
      const bool is_transcript = name.ends_with(".txt");
      if (is_transcript || name.ends_with(".cc")) {
        source = Read(is_transcript ? "tests/scenarios/" + name : name);
        EXPECT_FALSE(source.empty()) << "there is no " << name;
      } else {
        EXPECT_TRUE(Defines(source, name)) << "no test " << name << " in: " << cell;
      }
    }
  }
}

TEST(ScenarioTableTest, ShowsEachSituationSomewhere) {
  const std::vector<std::string> cells = ShownBy(Read("tests/scenarios/README.md"));
  EXPECT_GE(cells.size(), 40U);
  for (const std::string& cell : cells) EXPECT_FALSE(Names(cell).empty()) << cell;
}

TEST(ScenarioTableTest, TakesTheLastCellOfARow) {
  EXPECT_EQ(ShownBy("| situation | what happens | shown by |\n|---|---|---|\n| **Group** | | |\n"
                    "| a | b | `c.txt`, `d.cc` `E.F` |\n"),
            std::vector<std::string>{"`c.txt`, `d.cc` `E.F`"});
  EXPECT_EQ(Names("`c.txt`, `d.cc` `E.F`"), (std::vector<std::string>{"c.txt", "d.cc", "E.F"}));
  EXPECT_TRUE(Defines("TEST_P(E,\n       F) {", "E.F"));
  EXPECT_FALSE(Defines("TEST(E, FG) {", "E.F"));
}

}  // namespace
