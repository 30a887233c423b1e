#include "tests/layering.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace layering {
namespace {

using Strings = std::vector<std::string>;

// A part of the tree, the files that make it up and what they may include. The first part whose
// pattern matches a path is the file's part; a path in none may include anything.
struct Part {
  std::string name;
  std::regex files;
  std::regex includes;
};

// A standard header has neither a folder nor a suffix. Intrinsics are instructions, not I/O: the
// core's checksum may use them. "fmt" is allowed in one file of the core.
const std::string kStd = "<[a-z_0-9]+>";
const std::string kIntrinsics = "<([a-z]+intrin|arm_acle)\\.h>";
const std::string kPosix = "<([a-z_0-9]+|sys/[a-z_0-9]+|arpa/inet|netinet/[a-z_0-9]+)\\.h>";

// What runs in the simulator too; the Asio shells around it are named server_io and client_io.
const std::string kPureLockService =
    "lockservice/(lock_|operation|query|protocol|server|client)(?![a-z_]*_io\\.)[a-z_]*\\.(h|cc)";

const std::vector<Part>& Parts() {
  static const std::vector<Part> parts = {
      {"paxos/format", std::regex("paxos/format\\.(h|cc)"),
       std::regex("\"paxos/.*|<fmt/.*|" + kStd)},
      {"paxos", std::regex("paxos/.*"), std::regex("\"paxos/.*|" + kIntrinsics + "|" + kStd)},
      {"storage", std::regex("storage/.*"),
       std::regex("\"(paxos|storage)/.*|<(leveldb|fmt)/.*|" + kPosix + "|" + kStd)},
      {"net", std::regex("net/.*"),
       std::regex("\"(paxos|net)/.*|<(boost|openssl|fmt)/.*|" + kPosix + "|" + kStd)},
      {"the pure part of lockservice", std::regex(kPureLockService),
       std::regex("\"(paxos|lockservice)/.*|<fmt/.*|" + kStd)},
      {"lockservice", std::regex("lockservice/.*"),
       std::regex("\"(paxos|storage|net|lockservice)/.*|<(boost|fmt|spdlog|CLI)/.*|" + kPosix +
                  "|" + kStd)},
      {"the program paxsim", std::regex("sim/(lock_|paxsim).*"),
       std::regex("\"(paxos|sim|lockservice)/.*|\"net/hello\\.h\"|"
                  "<(boost/(serialization|archive|mpl|json)|fmt|CLI)/.*|" +
                  kPosix + "|" + kStd)},
      {"the library sim", std::regex("sim/.*"),
       std::regex("\"(paxos|sim)/.*|<(boost/(serialization|archive|mpl)|fmt)/.*|" + kStd)},
  };
  return parts;
}

// Headers of the standard library that bring threads or I/O into the core.
const std::regex kImpureHeader(
    "<(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|"
    "iostream|fstream|filesystem)>");

// They pull in half of Boost; the specific headers do not.
const std::regex kUmbrellaHeader("<boost/(asio|beast)\\.hpp>");

// The system's net/ folder: "net/if.h" would hide it or be hidden by it.
const std::regex kSystemHeader(
    "net/(ethernet|if|if_arp|if_packet|if_ppp|if_shaper|if_slip|ppp-comp|ppp_defs|route)\\.h");

struct Ban {
  std::regex files;
  std::vector<std::string> words;
};

// A word that ends in '_' or '(' is a beginning: "unordered_" bans every unordered container.
const std::vector<Ban>& Bans() {
  static const std::vector<Ban> bans = {
      {std::regex("paxos/.*|sim/(?!lock_|paxsim).*"),
       {"system_clock", "rand(", "srand(", "random_device", "sleep_for", "sleep_until",
        "unordered_", "mutex", "shared_mutex", "thread", "jthread"}},
      {std::regex("paxos/.*"), {"steady_clock", "clock_gettime", "getenv("}},
      {std::regex(kPureLockService + "|sim/lock_.*"),
       {"system_clock", "steady_clock", "rand(", "sleep_for", "unordered_", "mutex"}},
  };
  return bans;
}

// Spelled in two halves, since this file is searched for them too.
const Strings kLeftForLater = {
    "TO"
    "DO",
    "FIX"
    "ME"};

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether `word` stands in `text` on its own: "make_strand(" does not hold "rand(".
bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool starts = at == 0 || !IsWordCharacter(text[at - 1]);
    const bool is_beginning = word.back() == '_' || word.back() == '(';
    const bool ends = is_beginning || end == text.size() || !IsWordCharacter(text[end]);
    if (starts && ends) return true;
  }
  return false;
}

// The included names with their delimiters, such as "\"paxos/node.h\"" and "<vector>".
Strings Includes(const std::string& code) {
  static const std::regex include("(?:^|\n)[ \t]*#[ \t]*include[ \t]*(<[^>\n]*>|\"[^\"\n]*\")");
  Strings found;
  for (std::sregex_iterator it(code.begin(), code.end(), include), end; it != end; ++it) {
    found.push_back((*it)[1].str());
  }
  return found;
}

bool Matches(std::string_view text, const std::regex& pattern) {
  return std::regex_match(text.begin(), text.end(), pattern);
}

void CheckIncludes(std::string_view path, const Strings& includes, Strings& out) {
  const auto part = std::ranges::find_if(
      Parts(), [path](const Part& candidate) { return Matches(path, candidate.files); });
  for (const std::string& name : includes) {
    if (part != Parts().end() && !Matches(name, part->includes)) {
      out.push_back(part->name + " may not include " + name);
    }
    if (path.starts_with("paxos/") && Matches(name, kImpureHeader)) {
      out.push_back("the core is pure and may not include " + name);
    }
    if (Matches(name, kUmbrellaHeader)) {
      out.push_back("include the specific headers instead of " + name);
    }
  }
}

// So each header is compiled alone once: the build looks only at those without a file of their
// name.
void CheckOwnHeader(std::string_view path, const Strings& includes, Strings& out) {
  if (!path.ends_with(".cc")) return;
  const std::string own = '"' + std::string(path.substr(0, path.size() - 3)) + ".h\"";
  const auto found = std::ranges::find(includes, own);
  if (found != includes.end() && found != includes.begin())
    out.push_back("include " + own + " first");
}

void CheckWords(std::string_view path, std::string_view code, Strings& out) {
  for (const Ban& ban : Bans()) {
    if (!Matches(path, ban.files)) continue;
    for (const std::string& word : ban.words) {
      if (HasWord(code, word)) out.push_back("the word " + word + " is banned here");
    }
  }
}

// ---- comments -----------------------------------------------------------------------------------

// One pass over the text; each function moves `at_` past what it names.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::string Run() {
    while (at_ < text_.size()) Step();
    return std::move(out_);
  }

 private:
  void Step() {
    if (Sees("//")) return BlankUntil("\n", 0);
    if (Sees("/*")) return BlankUntil("*/", 2);
    if (Sees("R\"") && !FollowsWord()) return CopyRawString();
    if (text_[at_] == '"') return CopyQuoted();
    // After a digit or a letter it separates digits, as in 1'000.
    if (text_[at_] == '\'' && !FollowsWord()) return CopyQuoted();
    Copy(1);
  }

  bool Sees(std::string_view token) const { return text_.substr(at_).starts_with(token); }
  bool FollowsWord() const { return at_ > 0 && IsWordCharacter(text_[at_ - 1]); }

  void Copy(size_t count) {
    out_ += text_.substr(at_, count);
    at_ = std::min(at_ + count, text_.size());
  }

  void BlankUntil(std::string_view end, size_t length) {
    // The opening "/*" is stepped over, so that "/*/" does not close itself.
    const size_t found = text_.find(end, at_ + 2);
    const size_t stop = found == std::string_view::npos ? text_.size() : found + length;
    for (; at_ < stop; ++at_) out_ += text_[at_] == '\n' ? '\n' : ' ';
  }

  void CopyQuoted() {
    const char quote = text_[at_];
    Copy(1);
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      Copy(text_[at_] == '\\' ? 2 : 1);
    }
    Copy(1);
  }

  void CopyRawString() {
    const size_t open = text_.find('(', at_);
    if (open == std::string_view::npos) return Copy(2);
    std::string end = ")";
    end += text_.substr(at_ + 2, open - at_ - 2);
    end += '"';
    const size_t found = text_.find(end, open);
    Copy(found == std::string_view::npos ? text_.size() - at_ : found + end.size() - at_);
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string WithoutComments(std::string_view text) { return Scanner(text).Run(); }

std::vector<std::string> Violations(std::string_view path, std::string_view text) {
  Strings out;
  if (path.ends_with(".h") || path.ends_with(".cc")) {
    const std::string code = WithoutComments(text);
    const Strings includes = Includes(code);
    CheckIncludes(path, includes, out);
    CheckOwnHeader(path, includes, out);
    CheckWords(path, code, out);
  }
  for (const std::string& word : kLeftForLater) {
    if (HasWord(text, word)) out.push_back("left for later: " + word);
  }
  if (Matches(path, kSystemHeader)) out.push_back("named like a header of the system");
  return out;
}

}  // namespace layering
