"use strict";
/* global SwaggerUIBundle */

// The key that somebody enters is forgotten when the page is left. No validator: nothing is sent to other servers.
SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#api",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
});
