"""CDK's tree, tokens and late values, and identities as CDK refers to them."""
