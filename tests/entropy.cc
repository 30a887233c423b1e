#include "tests/entropy.h"

#include <regex>

#include "tests/layering.h"

namespace entropy {
namespace {

struct Leak {
  std::string what;
  std::regex pattern;
};

const std::vector<Leak>& AllLeaks() {
  static const std::vector<Leak> leaks = {
      {"a clock of the machine's",
       std::regex(
           "\\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday|"
           "timespec_get|localtime|gmtime)\\b|\\bstd::time\\(|\\btime\\((0|NULL|nullptr)\\)")},
      {"chance that is not the seed's",
       std::regex("\\b(random_device|getrandom|arc4random|drand48)\\b|\\bs?rand\\(|/dev/u?random")},
      {"chance whose draws differ between libraries",
       std::regex("<random>|\\b[a-z_]+_distribution\\b|\\bmt19937(_64)?\\b|"
                  "\\b(default_random_engine|minstd_rand0?|random_shuffle)\\b|\\bstd::shuffle\\b")},
      {"floating point", std::regex("\\b(float|double)\\b")},
      {"the order of an unordered container", std::regex("\\bunordered_(multi)?(map|set)\\b")},
      {"a pointer as a key",
       std::regex("\\b(multi)?(map|set)<\\s*(const\\s+)?[A-Za-z_][A-Za-z_0-9:]*(\\s+const)?\\s*\\*|"
                  "\\b(multi)?(map|set)<\\s*(std::)?(shared_ptr|unique_ptr)\\b")},
      {"an address as a number",
       std::regex("\\bu?intptr_t\\b|\\bstd::hash<[^>]*\\*\\s*>|\\bfmt::ptr\\(|%p\\b")},
      {"a hash that libraries define", std::regex("\\bstd::hash\\b")},
      {"threads", std::regex("\\bstd::(thread|jthread|async|this_thread)\\b")},
      {"the environment", std::regex("\\b(secure_)?getenv\\b|\\bgetpid\\b|\\bgethostname\\b")},
  };
  return leaks;
}

}  // namespace

bool MustBeDeterministic(std::string_view path) {
  static const std::regex files(
      "(paxos/.*|sim/(?!paxsim).*|"
      "lockservice/(lock_|operation|query|protocol|server|client)(?![a-z_]*_io\\.)[a-z_]*)"
      "\\.(h|cc)");
  return std::regex_match(path.begin(), path.end(), files);
}

std::vector<std::string> Leaks(std::string_view text) {
  const std::string code = layering::WithoutComments(text);
  std::vector<std::string> found;
  for (const Leak& leak : AllLeaks()) {
    std::smatch match;
    if (std::regex_search(code, match, leak.pattern))
      found.push_back(leak.what + ": " + match.str());
  }
  return found;
}

}  // namespace entropy
