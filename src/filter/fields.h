// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The fields that a Mapping adds and removes (spec: ambassador-mapping.md 2.4): removals first, then additions in their order; an
// addition with `append: false` replaces what is there. Host and framing are not theirs to touch; the loader has refused that.
#pragma once

#include "nuncio/message.h"
#include "route/route.h"

namespace nuncio::filter {

void edit_fields(FieldList& fields, const route::FieldEdits& edits);

}  // namespace nuncio::filter
