//! Networks: the only importer of dfdx.
