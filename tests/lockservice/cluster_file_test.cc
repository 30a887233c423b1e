#include "lockservice/cluster_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace lockservice {
namespace {

using paxos::ErrorCode;
using paxos::NodeId;

ClusterFile ThreeNodes() {
  ClusterFile file;
  file.cluster = paxos::ClusterId(77);
  for (std::uint16_t i = 1; i <= 3; ++i) {
    const std::string host = "10.0.0." + std::to_string(i);
    file.nodes.push_back({"n" + std::to_string(i), NodeId(100U + i), {host, 7101}, {host, 7201}});
  }
  return file;
}

// The file of ThreeNodes with one piece of its text replaced.
std::string With(const std::string& what, const std::string& by) {
  std::string json = ToJson(ThreeNodes());
  const std::size_t at = json.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return json.replace(at, what.size(), by);
}

// The error of parsing `json`.
std::string ErrorOf(const std::string& json) {
  const auto file = ParseClusterFile(json);
  if (file.has_value()) return "no error";
  EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument);
  return file.error().message();
}

TEST(ClusterFileTest, ReadsWhatItWrote) {
  const auto file = ParseClusterFile(ToJson(ThreeNodes()));
  ASSERT_TRUE(file.has_value()) << file.error().ToString();
  EXPECT_EQ(*file, ThreeNodes());
}

TEST(ClusterFileTest, FindsNodesAndKnowsTheMembership) {
  const ClusterFile file = ThreeNodes();
  EXPECT_EQ(file.FindByName("n2")->id, NodeId(102));
  EXPECT_EQ(file.FindByName("n9"), nullptr);
  EXPECT_EQ(file.FindById(NodeId(103))->name, "n3");
  EXPECT_EQ(file.FindById(NodeId(9)), nullptr);
  EXPECT_EQ(file.membership().voters().size(), 3U);
}

TEST(ClusterFileTest, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(ErrorOf(With("\"format\": 1", "\"format\": 2")), "format: is 2, this program knows 1");
  EXPECT_EQ(ErrorOf(With("\"alpha\"", "\"alfa\"")), "alfa: is not a field of this file");
  EXPECT_EQ(ErrorOf(With("\"alpha\": 64,", "")), "alpha: is missing");
  EXPECT_EQ(ErrorOf(With("\"alpha\": 64", "\"alpha\": 0")), "alpha: must be from 1 to 4096");
  EXPECT_EQ(ErrorOf(With("\"alpha\": 64", "\"alpha\": 4294967360")),
            "alpha: must be from 1 to 4096");
  EXPECT_EQ(ErrorOf(With("\"cluster\": 77", "\"cluster\": \"77\"")),
            "cluster: must be a whole number from 0 to 9007199254740992");
  EXPECT_EQ(ErrorOf(With("\"cluster\": 77", "\"cluster\": -77")),
            "cluster: must be a whole number from 0 to 9007199254740992");
  EXPECT_EQ(ErrorOf(With("\"cluster\": 77", "\"cluster\": 0")),
            "cluster: must be from 1 to 2^53 - 1");
  EXPECT_EQ(ErrorOf(With("\"n2\"", "\"n 2\"")),
            "nodes[1].name: must be 1 to 64 letters, digits, '-', '_' or '.'");
  EXPECT_EQ(ErrorOf(With("\"id\": 102", "\"id\": 101")),
            "nodes[1].id: 101 is that of nodes[0].id too");
  EXPECT_EQ(ErrorOf(With("\"n2\"", "\"n1\"")), "nodes[1].name: n1 is that of nodes[0].name too");
  EXPECT_EQ(ErrorOf(With("10.0.0.2:7201", "10.0.0.1:7101")),
            "nodes[1].client: 10.0.0.1:7101 is that of nodes[0].peer too");
  EXPECT_EQ(ErrorOf(With("\"peer\": \"10.0.0.3:7101\", ", "")), "nodes[2].peer: is missing");
  EXPECT_EQ(ErrorOf(With("10.0.0.3:7101", "10.0.0.3:0")), "nodes[2].peer: needs a port");
  EXPECT_TRUE(ErrorOf(With("10.0.0.3:7101", "10.0.0.3")).starts_with("nodes[2].peer: "));
}

TEST(ClusterFileTest, SaysWhatIsNoClusterFileAtAll) {
  EXPECT_TRUE(ErrorOf("{").starts_with("the file: is not JSON"));
  EXPECT_EQ(ErrorOf("[]"), "the file: must be an object");
  EXPECT_EQ(ErrorOf(R"({"format":1,"cluster":1,"alpha":1,"nodes":[]})"),
            "nodes: must be 1 to 63 nodes");
  EXPECT_EQ(ErrorOf(R"({"format":1,"cluster":1,"alpha":1,"nodes":[7]})"),
            "nodes[0]: must be an object");
  EXPECT_EQ(ErrorOf(R"({"format":1,"cluster":1,"alpha":1,"nodes":7})"), "nodes: must be a list");
}

class ClusterFileOnDiskTest : public ::testing::Test {
 protected:
  ClusterFileOnDiskTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "cluster-file-XXXXXX";
    directory = mkdtemp(pattern.data());
  }
  ~ClusterFileOnDiskTest() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
};

TEST_F(ClusterFileOnDiskTest, IsWrittenOnceAndReadBack) {
  const std::string path = directory / "cluster.json";
  ASSERT_TRUE(WriteNewClusterFile(path, ThreeNodes()).ok());
  EXPECT_EQ(WriteNewClusterFile(path, ThreeNodes()).code(), ErrorCode::kConflict);
  EXPECT_EQ(*ReadClusterFile(path), ThreeNodes());
}

TEST_F(ClusterFileOnDiskTest, AMissingFileIsSaidToBeMissing) {
  const std::string path = directory / "none.json";
  const auto file = ReadClusterFile(path);
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(file.error().message().find(path), std::string::npos);
}

}  // namespace
}  // namespace lockservice
