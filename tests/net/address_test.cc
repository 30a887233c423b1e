#include "net/address.h"

#include <gtest/gtest.h>

namespace paxos::net {
namespace {

TEST(AddressTest, ReadsHostsOfAllKinds) {
  EXPECT_EQ(*ParseAddress("127.0.0.1:7400"), (Address{"127.0.0.1", 7400}));
  EXPECT_EQ(*ParseAddress("[::1]:7400"), (Address{"::1", 7400}));
  EXPECT_EQ(*ParseAddress("db1.example:0"), (Address{"db1.example", 0}));
}

TEST(AddressTest, WritesWhatItReads) {
  for (const char* text : {"127.0.0.1:7400", "[::1]:65535", "localhost:1"}) {
    EXPECT_EQ(ShortText(*ParseAddress(text)), text);
  }
}

TEST(AddressTest, SaysWhatIsWrong) {
  const auto why = [](const char* text) { return ParseAddress(text).error().message(); };
  EXPECT_EQ(why("localhost"), "address \"localhost\": has no port, as in 127.0.0.1:7400");
  EXPECT_EQ(why("a:"), "address \"a:\": its port is not a number in 0..65535");
  EXPECT_EQ(why("a:65536"), "address \"a:65536\": its port is not a number in 0..65535");
  EXPECT_EQ(why("a:7x"), "address \"a:7x\": its port is not a number in 0..65535");
  EXPECT_EQ(why(":7400"), "address \":7400\": has no host, as in 127.0.0.1:7400");
  EXPECT_EQ(why("[]:7400"), "address \"[]:7400\": has no host, as in 127.0.0.1:7400");
  EXPECT_EQ(why("::1:7400"),
            "address \"::1:7400\": an IPv6 host stands in brackets, as in [::1]:7400");
}

TEST(AddressTest, KnowsLoopback) {
  for (const char* text : {"127.0.0.1:1", "127.8.9.1:1", "[::1]:1", "localhost:1"}) {
    EXPECT_TRUE(IsLoopback(*ParseAddress(text))) << text;
  }
  for (const char* text : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "localhost.example:1"}) {
    EXPECT_FALSE(IsLoopback(*ParseAddress(text))) << text;
  }
}

}  // namespace
}  // namespace paxos::net
