#include "lockservice/cluster_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

namespace lockservice {

namespace json = boost::json;
using paxos::ErrorCode;
using paxos::Result;
using paxos::Status;
using paxos::net::Address;

namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kIdLimit = std::uint64_t{1} << 53;
constexpr std::size_t kNameBytesMaxOfNode = 64;
constexpr std::uint32_t kAlphaMax = 4096;
constexpr std::size_t kFileBytesMax = 1 << 20;

Status Invalid(std::string field, std::string_view why) {
  return {ErrorCode::kInvalidArgument, std::move(field) + ": " + std::string(why)};
}

// Reads the members of one JSON object; the first error sticks.
class ObjectReader {
 public:
  ObjectReader(const json::value& value, std::string path,
               std::initializer_list<std::string_view> fields)
      : path_(std::move(path)) {
    object_ = value.if_object();
    if (object_ == nullptr)
      Fail("", "must be an object");
    else
      ExpectOnly(fields);
  }

  std::uint64_t Number(std::string_view field) {
    const json::value* value = Member(field);
    if (value == nullptr) return 0;
    const auto* small = value->if_int64();
    if (small != nullptr && *small >= 0) return static_cast<std::uint64_t>(*small);
    Fail(field, "must be a whole number from 0 to 9007199254740992");
    return 0;
  }

  std::string Text(std::string_view field) {
    const json::value* value = Member(field);
    if (value == nullptr) return {};
    if (const json::string* text = value->if_string())
      return std::string(text->data(), text->size());
    Fail(field, "must be a text");
    return {};
  }

  Address HostAndPort(std::string_view field) {
    const std::string text = Text(field);
    if (!status_.ok()) return {};
    Result<Address> address = paxos::net::ParseAddress(text);
    if (address.has_value()) return *address;
    Fail(field, address.error().message());
    return {};
  }

  const json::array* Array(std::string_view field) {
    const json::value* value = Member(field);
    if (value != nullptr && !value->is_array()) Fail(field, "must be a list");
    return status_.ok() ? value->if_array() : nullptr;
  }

  [[nodiscard]] const Status& status() const { return status_; }

 private:
  void ExpectOnly(std::initializer_list<std::string_view> fields) {
    for (const auto& member : *object_) {
      const std::string_view key(member.key().data(), member.key().size());
      if (std::find(fields.begin(), fields.end(), key) == fields.end())
        Fail(key, "is not a field of this file");
    }
  }

  const json::value* Member(std::string_view field) {
    if (!status_.ok()) return nullptr;
    const json::value* value = object_->if_contains(json::string_view(field.data(), field.size()));
    if (value == nullptr) Fail(field, "is missing");
    return value;
  }

  void Fail(std::string_view field, std::string_view why) {
    if (!status_.ok()) return;
    std::string where = path_;
    if (!path_.empty() && !field.empty()) where += '.';
    where += field;
    status_ = Invalid(where.empty() ? "the file" : std::move(where), why);
  }

  const json::object* object_ = nullptr;
  std::string path_;
  Status status_;
};

std::string PathOf(std::size_t node) { return "nodes[" + std::to_string(node) + "]"; }

Result<ClusterNode> ParseNode(const json::value& value, std::size_t at) {
  ObjectReader reader(value, PathOf(at), {"name", "id", "peer", "client"});
  ClusterNode node;
  node.name = reader.Text("name");
  node.id = paxos::NodeId(reader.Number("id"));
  node.peer = reader.HostAndPort("peer");
  node.client = reader.HostAndPort("client");
  if (!reader.status().ok()) return reader.status();
  return node;
}

bool IsNodeName(const std::string& name) {
  const auto is_fine = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMaxOfNode &&
         std::all_of(name.begin(), name.end(), is_fine);
}

Status ValidateNode(const ClusterNode& node, const std::string& path) {
  if (!IsNodeName(node.name))
    return Invalid(path + ".name", "must be 1 to 64 letters, digits, '-', '_' or '.'");
  if (node.id.value() == 0 || node.id.value() >= kIdLimit)
    return Invalid(path + ".id", "must be from 1 to 2^53 - 1");
  if (node.peer.port == 0) return Invalid(path + ".peer", "needs a port");
  if (node.client.port == 0) return Invalid(path + ".client", "needs a port");
  return Status::Ok();
}

// Remembers what was seen where, and says so when it comes again.
class Distinct {
 public:
  Status Add(const std::string& field, const std::string& value) {
    const auto [first, is_new] = seen_.emplace(value, field);
    if (is_new) return Status::Ok();
    return Invalid(field, value + " is that of " + first->second + " too");
  }

 private:
  std::map<std::string, std::string> seen_;
};

Status ValidateDistinct(const std::vector<ClusterNode>& nodes) {
  Distinct names;
  Distinct ids;
  Distinct addresses;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string path = PathOf(i);
    const Status checks[] = {names.Add(path + ".name", nodes[i].name),
                             ids.Add(path + ".id", std::to_string(nodes[i].id.value())),
                             addresses.Add(path + ".peer", ShortText(nodes[i].peer)),
                             addresses.Add(path + ".client", ShortText(nodes[i].client))};
    for (const Status& check : checks) {
      if (!check.ok()) return check;
    }
  }
  return Status::Ok();
}

Status SystemError(const std::string& what) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return {code, what + ": " + std::strerror(errno)};
}

}  // namespace

const ClusterNode* ClusterFile::FindById(paxos::NodeId id) const {
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [id](const ClusterNode& n) { return n.id == id; });
  return found == nodes.end() ? nullptr : &*found;
}

const ClusterNode* ClusterFile::FindByName(std::string_view name) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [name](const ClusterNode& n) { return n.name == name; });
  return found == nodes.end() ? nullptr : &*found;
}

paxos::Membership ClusterFile::membership() const {
  std::vector<paxos::NodeId> voters;
  for (const ClusterNode& node : nodes) voters.push_back(node.id);
  return paxos::Membership(std::move(voters));
}

paxos::GenesisDigest ClusterFile::genesis() const { return paxos::GenesisOf(alpha, membership()); }

Status Validate(const ClusterFile& file) {
  if (file.cluster.value() == 0 || file.cluster.value() >= kIdLimit)
    return Invalid("cluster", "must be from 1 to 2^53 - 1");
  if (file.alpha == 0 || file.alpha > kAlphaMax) return Invalid("alpha", "must be from 1 to 4096");
  if (file.nodes.empty() || file.nodes.size() > paxos::kVotersMax)
    return Invalid("nodes", "must be 1 to " + std::to_string(paxos::kVotersMax) + " nodes");
  for (std::size_t i = 0; i < file.nodes.size(); ++i) {
    if (Status valid = ValidateNode(file.nodes[i], PathOf(i)); !valid.ok()) return valid;
  }
  return ValidateDistinct(file.nodes);
}

Result<ClusterFile> ParseClusterFile(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return Invalid("the file", "is not JSON: " + error.message());
  ObjectReader reader(value, "", {"format", "cluster", "alpha", "nodes"});
  const std::uint64_t format = reader.Number("format");
  if (reader.status().ok() && format != kFormat)
    return Invalid("format", "is " + std::to_string(format) + ", this program knows 1");
  ClusterFile file;
  file.cluster = paxos::ClusterId(reader.Number("cluster"));
  const std::uint64_t alpha = reader.Number("alpha");
  file.alpha = alpha > kAlphaMax ? 0 : static_cast<std::uint32_t>(alpha);
  const json::array* nodes = reader.Array("nodes");
  if (nodes == nullptr) return reader.status();
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    Result<ClusterNode> node = ParseNode((*nodes)[i], i);
    if (!node.has_value()) return node.error();
    file.nodes.push_back(*std::move(node));
  }
  if (Status valid = Validate(file); !valid.ok()) return valid;
  return file;
}

// Laid out by hand: this file is for people to read and compare.
std::string ToJson(const ClusterFile& file) {
  std::string out = "{\n  \"format\": " + std::to_string(kFormat) +
                    ",\n  \"cluster\": " + std::to_string(file.cluster.value()) +
                    ",\n  \"alpha\": " + std::to_string(file.alpha) + ",\n  \"nodes\": [";
  for (std::size_t i = 0; i < file.nodes.size(); ++i) {
    const ClusterNode& node = file.nodes[i];
    out += i == 0 ? "\n" : ",\n";
    out += R"(    {"name": ")" + node.name + R"(", "id": )" + std::to_string(node.id.value()) +
           R"(, "peer": ")" + ShortText(node.peer) + R"(", "client": ")" + ShortText(node.client) +
           "\"}";
  }
  return out + "\n  ]\n}\n";
}

Result<ClusterFile> ReadClusterFile(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return SystemError("cluster file " + path);
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return SystemError("cluster file " + path);
  if (text.size() > kFileBytesMax) return Invalid("cluster file " + path, "is larger than 1 MiB");
  Result<ClusterFile> file = ParseClusterFile(text);
  if (!file.has_value()) return file.error().Annotate("cluster file " + path);
  return file;
}

Status WriteNewClusterFile(const std::string& path, const ClusterFile& file) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0 && errno == EEXIST)
    return {ErrorCode::kConflict, "cluster file " + path + " exists: a cluster is made once"};
  if (fd < 0) return SystemError("create cluster file " + path);
  const std::string text = ToJson(file);
  const bool is_written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool is_synced = is_written && fsync(fd) == 0;
  const Status status = is_synced ? Status::Ok() : SystemError("write cluster file " + path);
  close(fd);
  return status;
}

}  // namespace lockservice
