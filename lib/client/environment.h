#pragma once

// What the environment says about a client: the official DD_* variables and PAWL_TAG_POLICY, read
// once. An empty variable counts as unset. What makes no sense is a warning that names the
// variable, its value and what is used instead; it is never an error, because the program did not
// write it.
//
// Threads: read_environment only on the thread that makes the client: getenv beside a setenv of
// another thread is a crash.
// Errors: none but std::bad_alloc.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pawl/metric.h>
#include <pawl/tags.h>

namespace pawl::client {

struct Environment {
  // DD_DOGSTATSD_URL and DD_AGENT_HOST as they are written; DD_DOGSTATSD_PORT when it is a port.
  std::string url;
  std::string agent_host;
  std::string port;
  // From DD_ENTITY_ID, DD_ENV, DD_SERVICE and DD_VERSION, then DD_TAGS. A key that has a variable
  // of its own is left out of DD_TAGS.
  std::vector<OwnedTag> tags;
  // DD_CARDINALITY, else DATADOG_CARDINALITY.
  Cardinality cardinality = Cardinality::unset;
  // DD_EXTERNAL_ENV, holding only what every server accepts: [a-z0-9-] with commas between.
  std::string external_env;
  // DD_ORIGIN_DETECTION_ENABLED; nullopt leaves it to the default.
  std::optional<bool> origin_detection;
  // PAWL_TAG_POLICY: the path of a file.
  std::string tag_policy;
  // Whether AWS_LAMBDA_FUNCTION_NAME is set.
  bool serverless = false;
  std::vector<std::string> warnings;
};

// Gives a variable's value, or nullptr.
using Lookup = std::function<const char*(const char* name)>;

// Reads the process's environment.
Environment read_environment();
Environment read_environment(const Lookup& lookup);

}  // namespace pawl::client
